"""Each technical term, in one sentence. The app's help texts and docs/glossary.md have it from here."""

from __future__ import annotations

from explorer.values import ChannelCriterion, ChannelScope

TERMS = {
    "network": "A trained (or randomly initialised) neural network that the explorer can load by name.",
    "weights": (
        "The numbers a network has learned; random weights have the same shapes but have learned nothing."
    ),
    "own network": "A network that was named where the app is started, with --model; it is code that runs here.",
    "reload": (
        "Reads the code of all own networks from disk again, in fresh engines; runs that ended stay as they were."
    ),
    "layer": (
        "One building block of a network that holds weights or does one operation, named by its dotted path."
    ),
    "block": "A part of a network that repeats, such as one residual block; layers are grouped by it.",
    "parameters": "How many learned numbers a network holds.",
    "MACs": "Multiply-accumulates for one input: the work of one forward pass; 1 MAC is 2 FLOPs.",
    "tensors": "Bytes of all stored tensors, parameters and buffers; a saved file adds a header.",
    "file size": "Bytes of the network as a safetensors file: its tensors, and a header with their names and shapes.",
    "accuracy": "The share of test images that the network classifies rightly.",
    "agreement": (
        "How far a pruned network answers as the dense one does: the share of inputs with the same top answer, or 1 "
        "less the relative error where top answers tell nothing."
    ),
    "relative error": (
        "How far a pruned network's outputs lie from the dense network's, as a share of their length; the mean over "
        "inputs and outputs, lower is better."
    ),
    "metric": "A function of one's own that judges a network by one number.",
    "loss": (
        "Mean cross-entropy on the test images: how far the network's answers are from the right ones; "
        "lower is better."
    ),
    "weight shape": (
        "Sizes of a layer's weight: output channels × input channels × kernel height × kernel width."
    ),
    "output shape": "Sizes of what a layer hands on for one input: batch × channels × height × width.",
    "channel": "One feature map of a convolution, or one feature of a linear layer.",
    "width": "How many output channels a layer has.",
    "coupling": (
        "Two layers that must lose the same channels, because one's output is joined with or "
        "read by the "
        "other."
    ),
    "group": "Layers coupled with each other: the smallest unit from which a channel can be removed.",
    "member": "One layer and one of its axes (output or input) in a group.",
    "axis": (
        "Output: rows of the weight, what the layer makes; input: columns of the weight, what "
        "the layer reads."
    ),
    "schema": "The layer's weight shape; * marks the size that is allotted to the group's channels.",
    "inter- and intra-layer": (
        "Between layers: one layer's output is another's input; "
        "within a layer: its own input and output are the same channels, as in BatchNorm."
    ),
    "pruning function": "What Torch-Pruning calls to remove channels from this member.",
    "dependency graph": (
        "Which layers are coupled with which; DepGraph builds it from one traced forward pass."
    ),
    "importance": "A score for each channel; channels with the lowest score are removed first.",
    "criterion": "The rule that scores channels by importance.",
    **{one.label: one.told for one in ChannelCriterion},
    "scope": "Which channels are ranked against each other.",
    **{one.label: one.told for one in ChannelScope},
    "class": "Groups whose channels are ranked together; its weakest channels go, from whichever group they are.",
    "group reduction": (
        "How the scores that a channel gets from each layer of its group become one; first and gate let the "
        "group's first or last layer decide alone."
    ),
    "normaliser": (
        "What a group's scores are divided by before groups are compared; in local scope it changes nothing."
    ),
    "maximum ratio": "No group loses a larger share of its channels than this, whatever the slider says.",
    "iterative steps": (
        "Prunes in so many rounds and scores what is left anew before each; with one step all scores come "
        "from the whole network."
    ),
    "group's own ratio": (
        "The share of this group's channels that goes whatever the slider says; an empty cell follows the "
        "slider."
    ),
    "attention heads": (
        "Parts of an attention layer that work side by side on channels of their own, equally many each."
    ),
    "head size": "How many channels each attention head has.",
    "pruning ratio": (
        "The fraction of channels asked to go; parameters and MACs usually shrink by more, since layers "
        "lose both inputs and outputs."
    ),
    "round to": (
        "Keeps a multiple of this many channels in each group (many processors are faster on "
        "multiples of "
        "8); more may go than was asked."
    ),
    "layers to keep": (
        "Layers whose output channels all stay, and with them everything that is coupled to them."
    ),
    "plan": "What goes at one ratio, computed exactly and in milliseconds, before any weight is touched.",
    "apply": (
        "Really removes the channels with Torch-Pruning from a copy of the network, then measures the result."
    ),
    "plan = library": "Whether Torch-Pruning removed exactly the channels that the plan named.",
    "removing = zeroing": (
        "Whether the smaller network answers like the dense one with the same channels set to "
        "zero; if not,"
        " wrong channels were cut."
    ),
    "BN re-calibration": (
        "Recomputes the running mean and variance of BatchNorm layers from training images; no "
        "weight is "
        "trained."
    ),
    "fine-tuning": (
        "Trains the pruned network on for a few epochs, so that the weights that are left take over from "
        "those that went."
    ),
    "epoch": "One pass over all train images; the test images are never learned from.",
    "learning rate": (
        "How far each step of training moves the weights; it rises to this value and falls again: too high "
        "destroys what was learned, too low changes little."
    ),
    "training loss": (
        "Mean cross-entropy on the train images while the network learns from them; lower is better."
    ),
    "runs of this session": (
        "Every Apply, every fine-tuning, every recipe and every run of a comparison that ended with a result since "
        "this browser tab was opened, each with what it measured."
    ),
    "pattern": (
        "Unstructured zeroes single weights wherever they are; structured zeroes whole slices of a "
        "weight along one axis."
    ),
    "weight criterion": (
        "The rule that scores weights or slices, the lowest going first: L1, L2 and L∞ are "
        "norms, random "
        "asks no weight."
    ),
    "weight scope": (
        "Layer: every layer loses the same share; global: all weights are ranked together (torch offers "
        "it for single weights only)."
    ),
    "amount": (
        "How much is zeroed: a fraction of the weights or slices, or a count of them; 1 is one weight, "
        "1.0 is all."
    ),
    "seed": "Starts the random numbers, so that the same seed picks the same weights or channels.",
    "biases too": ("Masks cover biases as well; by default only weights are masked."),
    "layers to mask": (
        "Convolutions and linear layers that take masks; attention is left out, since it reads weights "
        "without running their layer."
    ),
    "own ratio": (
        "The fraction of this layer that is zeroed whatever the slider says; an empty cell "
        "follows the slider."
    ),
    "mask": ("Ones and zeros in the shape of a weight, by which it is multiplied at every forward pass."),
    "sparsity": ("The share of stored parameters that are zero."),
    "non-zeros": ("How many stored parameters are not zero."),
    "effective MACs": (
        "MACs whose weight is not zero: what hardware that skips zeros would compute; ordinary kernels "
        "compute all."
    ),
    "masks attached": (
        "While masks are attached, each masked weight is stored twice: as it was, and as its mask."
    ),
    "make permanent": (
        "Calls prune.remove: the zeros are written into the weight and the mask goes, so the file is as "
        "large as the dense one."
    ),
    "compressed": ("The file packed with zlib, which stores runs of zeros in little room."),
    "latency": ("Time of one forward pass for one input on this machine."),
    "three steps": (
        "Score every weight or slice (norm), find the lowest ones (sort), multiply the weight by the "
        "mask (zeroise)."
    ),
    "apply masks": (
        "Really masks a copy with torch.nn.utils.prune, makes it permanent, prunes another copy twice, "
        "and measures all of it."
    ),
    "prune again": (
        "A second mask on top of the first: it takes its share of what is left, and a PruningContainer "
        "keeps both methods."
    ),
    "profile": (
        "Prunes copies with both libraries, measures where their time and the networks' goes, and judges "
        "why; a long run."
    ),
    "verdict": (
        "What the measurements say of one possible cause: this is why, ruled out, or can't tell where "
        "their intervals overlap."
    ),
    "speed-up": (
        "How many times as fast as the dense network, from times of the same round: 2× is half the time."
    ),
    "95 % interval": (
        "Bounds that hold the true median with 95 % confidence; where two intervals overlap, nobody can "
        "tell which is larger."
    ),
    "counterfactual": "What was run instead, with one thing changed, to see whether that thing is the cause.",
    "forms": (
        "Dense, with masks, with zeros, with channels removed, rounded to multiples of 8, and with "
        "nearly all gone: each made by its library."
    ),
    "waterfall": "Parts of the network in the order they run, each bar from when it starts to when it ends.",
    "arithmetic intensity": (
        "MACs for each byte that a layer reads and writes: where it is low, memory decides how long the "
        "layer takes."
    ),
    "launch overhead": "Time to start an operation, which is the same however few channels it has.",
    "batch": "How many images run through the network at once.",
    "ONNX Runtime": (
        "A program that runs networks exported from torch with kernels of its own; it fuses "
        "layers and starts operations sooner."
    ),
    "channels last": (
        "An order of the numbers in memory in which all channels of one pixel stand side by side; some "
        "kernels like it better."
    ),
    "step cost": (
        "Time that a pruning library itself takes for one of its steps, measured while it prunes a copy."
    ),
    "nodes of the graph": "Boxes of the dependency graph: layers, and operations between them.",
    "importance removed": "The share of all channels' importance that went with the removed ones.",
    "estimated": "Reckoned from measured and counted numbers, not measured itself.",
    "sensitivity": (
        "How much accuracy goes, or loss comes, when one group alone is pruned and all others stay whole; agreement "
        "or a metric, where a network is judged by that."
    ),
    "cost budget": (
        "How much of one cost may be left; the ratios of the groups are then chosen so that the expected loss is least."
    ),
    "expected": (
        "A guess from what each group did alone, as if effects added up; the measurement beside it tells how good."
    ),
    "recipe": (
        "A YAML file that tells SparseML what to prune, when, and how far; it says no more than the widgets beside it."
    ),
    "modifier": "The part of a recipe that makes zeros, and by which rule; SparseML has one class for each.",
    "mask type": "In which pieces weights are zeroed together: one by one, in blocks, two of every four, or slices.",
    "final sparsity": "The share of zeros in each masked weight once the last update is done.",
    "initial sparsity": "The share of zeros that the first update makes.",
    "backward sparsity": (
        "The share of weights that training does not reach; at most the final sparsity, so that weights can "
        "change places."
    ),
    "interpolation": "How sparsity goes from its initial to its final value between the start and the end epoch.",
    "start epoch": "Passes over the training images before the first mask is made.",
    "end epoch": "Passes over the training images until sparsity has its final value; training may go on after it.",
    "update frequency": "Epochs between two masks; -1 makes a new one at every training step.",
    "epochs of training": "Passes over the training images in all; it has to reach the end epoch.",
    "seed of training": "Starts the order of the training images, so that the same seed gives the same run.",
    "layers of a recipe": (
        "Which weights get masks: all that can, those on a list, those whose name matches a pattern, or the members "
        "of a coupled group."
    ),
    "pattern of names": (
        "A regular expression that has to match from the start of a parameter's name; BatchNorm's weights must not "
        "match, since zeros there wreck the network."
    ),
    "one-shot": "All masks at once, at the final sparsity, without any training.",
    "training-aware": "Masks grow while the network is trained, so that the weights left can make up for the others.",
    "sparsity schedule": "Which sparsity the recipe asks for at which epoch; a step is one update of the masks.",
    "stored sparse": (
        "The file if only non-zeros were stored, and one bit for each masked weight to say where they are."
    ),
    "param_groups": "The part of a structured recipe that names layers which must lose the same slices.",
    "mask type of a group": (
        "Channel masks what reads the group's channels, filter what makes them; after filter masks, biases and norms "
        "still hand something on."
    ),
    "masked = removed": (
        "Whether the network under SparseML's masks answers like the one from which DepGraph removed those channels."
    ),
    "sparse runtime": "Software that skips zeros instead of multiplying them; PyTorch's ordinary kernels do not.",
    "budget": (
        "The same amount for all runs, as a share of the dense network; each library's own ratio "
        "is solved so that its plan meets it."
    ),
    "nominal MACs": (
        "MACs that ordinary kernels compute on the network as it is now: masks leave them, "
        "removal lowers them."
    ),
    "structural MACs": (
        "MACs without those rows and columns of each weight that are zero throughout: what masks "
        "would save if what they silence were cut out."
    ),
    "right after": ("Accuracy of the pruned network before anything else is done to it."),
    "after BN re-calibration": (
        "Accuracy once BatchNorm's means and variances were measured anew on training images, on a copy."
    ),
    "after fine-tuning": ("Accuracy after some epochs of training, in which zeros stay zero."),
    "Δ accuracy": (
        "Accuracy after the last step that was taken, less that of the dense network, in percentage points."
    ),
    "compression ratio": ("Parameters of the dense network divided by the non-zeros that are left."),
    "theoretical speed-up": (
        "MACs of the dense network divided by the effective MACs that are left: what ideal "
        "hardware would gain."
    ),
    "measured speed-up": (
        "Dense latency divided by this network's, timed in turns; in brackets the least and the "
        "most that both 95 % intervals allow."
    ),
    "peak memory": (
        "The most bytes of tensors that one forward pass of one input holds at once: weights, "
        "buffers, input and intermediate results."
    ),
    "build graph": (
        "Time to trace which channels are coupled, the quicker of two; libraries that need no graph show a dash."
    ),
    "score": (
        "Time to score and rank what may go, gradients included, the quicker of two; a dash where the "
        "library does it within its step."
    ),
    "step time": (
        "Time of the library's own work from a fresh copy to the pruned network, "
        "measured once; the quicker of two, where a run takes under 10 s."
    ),
    "goal": (
        "What a pruned network is wanted for: each has its own best run, since removing channels and writing "
        "zeros help in different places."
    ),
    "Pareto front": (
        "The runs that no other beats: none is at least as cheap and as accurate, and better in "
        "one of the two."
    ),
    "measured": "Found by running the network, not by computing.",
    "exact": "Counted, not estimated: the library gives the same number.",
    "estimate": "Computed ahead of a run whose outcome only the run itself can tell: Apply shows the truth.",
}


def explain(term: str) -> str:
    """The sentence for `term`; KeyError for a term that nobody has explained."""
    return TERMS[term]
