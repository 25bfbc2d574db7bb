"""Each technical term, in one sentence. The app's help texts and docs/glossary.md have it from here."""

from __future__ import annotations

from explorer.values import ChannelCriterion, ChannelScope

TERMS = {
    "network": "A trained or randomly initialised neural network that the explorer can load by name.",
    "weights": (
        "The numbers a network has learned; random weights have the same shapes but have learned nothing."
    ),
    "own network": "A network named with --model when the app is started; its code runs here.",
    "reload": "Reads the code of all own networks from disk again, in fresh engines; finished runs do not change.",
    "uploaded weights": (
        "Weights of a file that you handed to the app: loaded only if every tensor fits the network, kept for your "
        "session, and gone when the server ends."
    ),
    "layer": "A building block of a network that holds weights or performs one operation, named by its dotted path.",
    "block": "A repeated part of a network, such as a residual block; layers are grouped by it.",
    "parameters": "How many learned numbers a network holds.",
    "MACs": "Multiply-accumulates for one input: the work of one forward pass; 1 MAC is 2 FLOPs.",
    "tensors": "Bytes of all stored tensors, parameters and buffers; a saved file adds a header.",
    "file size": "Bytes of the network as a safetensors file: its tensors, and a header with their names and shapes.",
    "accuracy": "The share of test images that the network classifies correctly.",
    "accuracy by class": (
        "The share of one class's test images that the network classifies correctly, with a 95 % interval: a class has "
        "few images, so it is wide."
    ),
    "flip": "A test image that the pruned network answers differently from the dense one.",
    "confidence": "The softmax probability that a network gives its top answer.",
    "confusion matrix": "How many test images of each class (rows) the network takes for which class (columns).",
    "agreement": (
        "How closely a pruned network answers as the dense one does: the share of inputs with the same top answer, or "
        "1 minus the relative error where top answers mean nothing."
    ),
    "relative error": (
        "How far a pruned network's outputs are from the dense network's, relative to their norm; the mean over inputs "
        "and outputs, lower is better."
    ),
    "metric": "A function of your own that rates a network by one number.",
    "loss": (
        "Mean cross-entropy on the test images: how far the network's outputs are from the correct labels; lower is "
        "better."
    ),
    "weight shape": (
        "Sizes of a layer's weight: output channels × input channels × kernel height × kernel width."
    ),
    "output shape": "Shape of a layer's output for one input: batch × channels × height × width.",
    "channel": "One feature map of a convolution, or one feature of a linear layer.",
    "width": "How many output channels a layer has.",
    "channels left": (
        "Each box is as full as its layer keeps channels, by the ratio and the options of the DepGraph page."
    ),
    "coupling": (
        "Two layers that must lose the same channels, because one reads the other's output or is joined with it."
    ),
    "group": "Layers coupled with each other: the smallest unit from which channels can be removed.",
    "member": "One layer and one of its axes (output or input) in a group.",
    "axis": "Output: rows of the weight, which produce channels; input: columns of the weight, which read them.",
    "schema": "The layer's weight shape; * marks the size that belongs to the group's channels.",
    "inter- and intra-layer": (
        "Between layers: one layer's output is another's input; "
        "within a layer: its own input and output are the same channels, as in BatchNorm."
    ),
    "pruning function": "The Torch-Pruning function that removes channels from this member.",
    "dependency graph": (
        "Which layers are coupled with which; DepGraph builds it from one traced forward pass."
    ),
    "check": (
        "What bears on pruning a network, found by looking at it and by pruning a copy by half: one finding "
        "of each kind, with its evidence."
    ),
    "coverage": (
        "Which layers with weights the dependency graph holds; what it does not hold keeps its shape."
    ),
    "output layers": "Layers whose channels are the network's answer: they lose none of them.",
    "walls": (
        "Operations and layers through which channels cannot be followed; what flows into them and out of "
        "them stays whole."
    ),
    "left whole": "Groups that lose no channels, each with the reason, while the others are pruned.",
    "tied weights": "One weight that several layers share: it cannot be cut for one of them alone.",
    "parts that only training uses": (
        "Layers that run in train mode only, such as auxiliary heads, or that the example input does not "
        "reach at all."
    ),
    "number type": (
        "The data type of the parameters, such as float32 or bfloat16, and the one in which couplings are compared."
    ),
    "MAC counters": "What other MAC counters report for the same network, and why they differ.",
    "trial": (
        "The library removes half of a copy's channels, and the result is compared with the network in which "
        "those channels are silenced."
    ),
    "importance": "A score for each channel; channels with the lowest score are removed first.",
    "criterion": "The rule that scores channels by importance.",
    **{one.label: one.told for one in ChannelCriterion},
    "scope": "Which channels are ranked against each other.",
    **{one.label: one.told for one in ChannelScope},
    "class": (
        "Groups whose channels are ranked together; the weakest channels are removed, whichever group they belong to."
    ),
    "group reduction": (
        "How a channel's scores from the layers of its group are combined; first and gate use only the group's first "
        "or last layer."
    ),
    "normaliser": "What a group's scores are divided by before groups are compared; it changes nothing in local scope.",
    "maximum ratio": "The largest share of its channels that any group may lose, whatever the slider says.",
    "iterative steps": (
        "Prunes in this many rounds and scores the remaining channels again before each; with one step, all scores "
        "come from the dense network."
    ),
    "group's own ratio": (
        "The share of this group's channels to remove, whatever the slider says; an empty cell follows the slider."
    ),
    "block's ratio": (
        "The share of channels to remove from every group that starts in this block, whatever the slider says; a "
        "group's own ratio takes precedence."
    ),
    "attention heads": "Parallel parts of an attention layer, each with the same number of channels.",
    "head size": "How many channels each attention head has.",
    "whole heads": (
        "Attention heads go or stay as a whole, by the mean importance of their channels; otherwise every head loses "
        "the same positions."
    ),
    "by hand": "Channels that you name are removed together with everything coupled to them, and nothing else.",
    "pruning ratio": (
        "The fraction of channels to remove; parameters and MACs usually shrink more, since layers lose both inputs "
        "and outputs."
    ),
    "round to": (
        "Keeps a multiple of this many channels in each group (many processors are faster with multiples of 8); more "
        "may be removed than requested."
    ),
    "layers to keep": (
        "Layers whose output channels all stay, together with everything coupled to them; a block means every layer in "
        "it."
    ),
    "plan": "What is removed at a given ratio, computed exactly and in milliseconds before any weight is touched.",
    "apply": "Removes the channels from a copy of the network with Torch-Pruning, then measures the result.",
    "plan = library": "Whether the library removed or zeroed exactly what was planned.",
    "removing = zeroing": (
        "Whether the smaller network gives the same outputs as the dense one with these channels set to zero; if "
        "not, the wrong channels were removed."
    ),
    "BN re-calibration": (
        "Recomputes BatchNorm's running means and variances from training images; no weight is trained."
    ),
    "group lasso": (
        "A penalty on the norm of every channel while a network is trained, so that channels it can do without fade: "
        "training to be pruned."
    ),
    "sparse training": (
        "Training that also pulls the weights of weak channels towards zero, so that pruning them afterwards costs "
        "little."
    ),
    "fine-tuning": (
        "Trains the pruned network for a few epochs, so that the remaining weights compensate for the removed ones."
    ),
    "epoch": "One pass over all training images; the test images are never used for training.",
    "learning rate": (
        "How far each training step moves the weights; it rises to this value and falls again: too high destroys "
        "what was learned, too low changes little."
    ),
    "training loss": "Mean cross-entropy on the training images during training; lower is better.",
    "runs of this session": (
        "Every run of this tab's project that finished with a result (Apply, fine-tuning, recipes, comparisons), with "
        "its measurements; the Runs page names them, and saves and opens projects."
    ),
    "pattern": (
        "Unstructured zeroes single weights wherever they are; structured zeroes whole slices of a weight along one "
        "axis."
    ),
    "weight criterion": (
        "The rule that scores weights or slices, lowest first: L1, L2 and L∞ are norms; random ignores the weights."
    ),
    "weight scope": (
        "Layer: every layer loses the same share; global: all weights are ranked together (torch offers it for "
        "single weights only)."
    ),
    "amount": "How much is zeroed: a fraction of the weights or slices, or a count; 1 is one weight, 1.0 is all.",
    "seed": "Initialises the random numbers: the same seed picks the same weights or channels.",
    "biases too": "Masks biases as well; by default only weights are masked.",
    "layers to mask": (
        "Convolutions and linear layers that can be masked; attention is left out, since it reads weights without "
        "running their layer."
    ),
    "own ratio": "The fraction of this layer to zero, whatever the slider says; an empty cell follows the slider.",
    "mask": "Ones and zeros in the shape of a weight, which is multiplied by them in every forward pass.",
    "sparsity": ("The share of stored parameters that are zero."),
    "non-zeros": ("How many stored parameters are not zero."),
    "effective MACs": (
        "MACs with a non-zero weight: what hardware that skips zeros would execute; ordinary kernels execute all."
    ),
    "masks attached": "While masks are attached, each masked weight is stored twice: the original and its mask.",
    "make permanent": (
        "Calls prune.remove: zeros are written into the weight and the mask is dropped, so the file is as large as "
        "the dense one."
    ),
    "compressed": "The file compressed with zlib, which stores runs of zeros compactly.",
    "latency": ("Time of one forward pass for one input on this machine."),
    "three steps": (
        "Score every weight or slice (norm), find the lowest (sort), multiply the weight by the mask (zeroise)."
    ),
    "apply masks": (
        "Masks a copy with torch.nn.utils.prune, makes the masks permanent, prunes another copy twice and measures "
        "everything."
    ),
    "prune again": (
        "A second mask on top of the first: it takes its share of what is left; a PruningContainer keeps both "
        "methods."
    ),
    "profile": (
        "Prunes copies with PyTorch native and DepGraph, measures where the time goes and judges why; a long run."
    ),
    "verdict": (
        "What the measurements say about a possible cause: this is why, ruled out, or can't tell where the intervals "
        "overlap."
    ),
    "speed-up": "How many times as fast as the dense network, timed in the same rounds: 2× is half the time.",
    "95 % interval": (
        "Bounds that contain the true median with 95 % confidence; where two intervals overlap, their order cannot "
        "be told."
    ),
    "counterfactual": "The same run with one thing changed, to test whether that thing is the cause.",
    "forms": (
        "Dense, with masks, with zeros, with channels removed, rounded to multiples of 8, and with nearly everything "
        "removed; each made by its library."
    ),
    "waterfall": "Parts of the network in execution order, end to end, each bar as long as its time.",
    "arithmetic intensity": "MACs per byte that a layer reads and writes: where it is low, memory limits the speed.",
    "launch overhead": "The time to launch an operation, which is the same however few channels it has.",
    "batch": "How many images run through the network at once.",
    "ONNX Runtime": (
        "An engine that runs networks exported from torch with its own kernels; it fuses layers and launches "
        "operations faster."
    ),
    "channels last": (
        "A memory layout that stores all channels of a pixel side by side; some kernels run faster with it."
    ),
    "step cost": "Time that the pruning library itself takes for one of its steps, measured while it prunes a copy.",
    "nodes of the graph": "Boxes of the dependency graph: layers, and operations between them.",
    "equal blocks": (
        "Modules one behind the other that differ in names and weights alone, of which the drawing of a large network "
        "shows one, with their number."
    ),
    "importance removed": "The removed channels' share of the importance of all channels.",
    "estimated": "Calculated from measured and counted numbers, not measured itself.",
    "sensitivity": (
        "Accuracy lost, or loss gained, when one group alone is pruned and all others stay whole; agreement or a "
        "metric, where the network is judged by that."
    ),
    "cost budget": (
        "How much of one cost may remain; each group's ratio is then chosen so that the expected loss is lowest."
    ),
    "expected": (
        "Predicted from what each group did alone, as if effects added up; the measurement beside it shows how well."
    ),
    "recipe": (
        "A YAML file that tells SparseML what to prune, when and how far; it matches the widgets beside it "
        "exactly."
    ),
    "modifier": "The part of a recipe that makes zeros, and by which rule; SparseML has a class for each.",
    "mask type": "Which weights are zeroed together: single ones, blocks, two of every four, or slices.",
    "final sparsity": "The share of zeros in each masked weight after the last update.",
    "initial sparsity": "The share of zeros after the first update.",
    "backward sparsity": (
        "The share of weights that training does not reach; at most the final sparsity, so that weights can change "
        "places."
    ),
    "interpolation": "How sparsity rises from its initial to its final value between the start and the end epoch.",
    "start epoch": "Passes over the training images before the first mask.",
    "end epoch": (
        "Passes over the training images until sparsity reaches its final value; training may continue after it."
    ),
    "update frequency": "Epochs between two mask updates; -1 updates at every training step.",
    "epochs of training": "All passes over the training images; at least the end epoch.",
    "seed of training": "Sets the order of the training images: the same seed gives the same run.",
    "layers of a recipe": (
        "Which weights get masks: all that can, a list, those whose name matches a pattern, or the members of a "
        "coupled group."
    ),
    "pattern of names": (
        "A regular expression, matched from the start of a parameter's name; it must not match BatchNorm's weights, "
        "since zeros there wreck the network."
    ),
    "one-shot": "All masks at once, at the final sparsity, without any training.",
    "training-aware": "Masks grow during training, so that the remaining weights can compensate.",
    "sparsity schedule": "The sparsity that the recipe asks for at each epoch; a step is one mask update.",
    "stored sparse": "The file if only non-zeros were stored, plus one bit per masked weight for its position.",
    "param_groups": "The part of a structured recipe that names layers which must lose the same slices.",
    "mask type of a group": (
        "Channel masks what reads the group's channels, filter what produces them; after filter masks, biases and "
        "norms still pass something on."
    ),
    "masked = removed": (
        "Whether the network under SparseML's masks gives the same outputs as the one from which DepGraph removed "
        "these channels."
    ),
    "sparse runtime": "Software that skips zeros instead of multiplying them; PyTorch's ordinary kernels do not.",
    "budget": (
        "A limit, as a share of the dense network, the same for all that is compared; each ratio is solved so that "
        "its plan meets it."
    ),
    "nominal MACs": "MACs that ordinary kernels execute on the network as it is: masks keep them, removal lowers them.",
    "structural MACs": (
        "MACs without the all-zero rows and columns of each weight: what masks would save if what they silence were "
        "removed."
    ),
    "right after": "Accuracy of the pruned network before anything else is done to it.",
    "after BN re-calibration": (
        "Accuracy of a copy whose BatchNorm means and variances were recomputed from training images."
    ),
    "after fine-tuning": "Accuracy after some epochs of training, in which zeros stay zero.",
    "Δ accuracy": "Accuracy after the last step taken, minus the dense network's, in percentage points.",
    "compression ratio": "Parameters of the dense network divided by the remaining non-zeros.",
    "theoretical speed-up": (
        "MACs of the dense network divided by the remaining effective MACs: what ideal hardware would gain."
    ),
    "measured speed-up": (
        "Dense latency divided by this network's, timed alternately; brackets give the least and the most that both 95 "
        "% intervals allow."
    ),
    "peak memory": (
        "The most tensor bytes that one forward pass of one input holds at once: weights, buffers, input and "
        "activations."
    ),
    "build graph": (
        "Time to trace which channels are coupled, the faster of two runs; a dash for libraries without a graph."
    ),
    "score": (
        "Time to score and rank candidates, gradients included, the faster of two runs; a dash where the library "
        "scores within its step."
    ),
    "step time": (
        "Time of the library's own work from a fresh copy to the pruned network; the faster of two runs where one "
        "takes under 10 s."
    ),
    "goal": (
        "What a pruned network is wanted for: each goal has its own best run, since removing channels and writing "
        "zeros help in different places."
    ),
    "Pareto front": (
        "The runs that no other run beats: none is at least as cheap and as accurate, and better in one of the two."
    ),
    "report": (
        "A run as one page of HTML that opens offline and prints on A4: what was asked, the network drawn before and "
        "after, figures and times with their intervals, what it saves, why, and what it was made with."
    ),
    "project file": (
        "One JSON file with every run of a project, its network, options, seed and outcome, the run that it "
        "continues, and your names, notes and pins; any server opens it as the same table."
    ),
    "pruning again from a run": (
        "Makes a run's network once more, re-calibrated or fine-tuned where the run was, with the zeros of masks in "
        "its weights, and puts it into the picker: every page then prunes it further, and those runs stand below this "
        "one."
    ),
    "folder to take away": (
        "A pruned network with all that is needed to use it elsewhere: weights, what pruning changed, load.py that "
        "rebuilds it, and prune.py that makes it again in the library's own API."
    ),
    "measured": (
        "Found by running the network, not by calculation; while a slider moves, a gray badge names the position that "
        "was measured last."
    ),
    "exact": "Counted, not estimated: the library gives the same number.",
    "estimate": "Calculated before a run whose outcome only the run itself can show: Apply shows the result.",
}


def explain(term: str) -> str:
    """The sentence for `term`; KeyError for a term that nobody has explained."""
    return TERMS[term]
