"""What SparseML's modifiers and masks do, in plain words, and what is not offered and why."""

from __future__ import annotations

from explorer.values import Interpolation, MaskType, Modifier, RunMode

MODIFIERS = {
    Modifier.GM: "Gradual magnitude: at each update a few more of the smallest weights of every layer go.",
    Modifier.MAGNITUDE: "Gradual magnitude under its older name; it does what GM does.",
    Modifier.GLOBAL_MAGNITUDE: (
        "Like GM, but the weights of all layers are ranked together, so layers full of small ones lose more."
    ),
    Modifier.CONSTANT: "Keeps the zeros that are there while the rest is trained, and makes none of its own.",
    Modifier.STRUCTURED: (
        "Zeroes whole filters or channels, the same ones in layers of one group. They stay in the network, as zeros."
    ),
    Modifier.ACDC: (
        "Takes turns: a dense phase, then a sparse one, each as long as the time between two masks; the last is sparse."
    ),
    Modifier.TOPKAST: (
        "The forward pass uses the largest weights only, while training reaches some more of them; "
        "the zeros are written at the end."
    ),
    Modifier.MOVEMENT: "Weights go that training moves towards zero, whether they are small or not.",
    Modifier.OBS: (
        "Optimal Brain Surgeon: estimates from gradients what each weight is worth to the loss, "
        "and corrects the rest for what goes."
    ),
    Modifier.MFAC: "Like OBS, with a cheaper estimate of the loss's curvature (M-FAC).",
    Modifier.RIGL: (
        "As sparse at the start as at the end: at each update the smallest weights go, "
        "and as many come back where gradients are largest."
    ),
}

MASKS = {
    MaskType.UNSTRUCTURED: "Single weights, wherever they are.",
    MaskType.BLOCK4: "Four neighbouring inputs at once; what does not fill a block is padded.",
    MaskType.ONE_BY_FOUR: "Four neighbouring inputs at once, in layers whose inputs divide by four.",
    MaskType.FOUR_BY_ONE: "Four neighbouring outputs at once, in layers whose outputs divide by four.",
    MaskType.TWO_OF_FOUR: "Of every four inputs of a linear layer two stay: half goes, no more and no less.",
    MaskType.FOUR_OF_EIGHT: "Of every eight inputs of a linear layer four stay: half goes, no more and no less.",
    MaskType.FILTER: "Whole filters: all that makes one output channel.",
    MaskType.CHANNEL: "Whole channels: all that reads one input channel.",
}

INTERPOLATIONS = {  # the default first
    Interpolation.CUBIC: "fast at first.",
    Interpolation.LINEAR: "evenly.",
    Interpolation.INVERSE_CUBIC: "fast at the end.",
}

MODES = {RunMode.TRAINING: "training", RunMode.ONE_SHOT: "one-shot"}

# Found by running each of them with SparseML 1.8.0 on the torch that the explorer uses.
NOT_OFFERED = {
    "LayerPruningModifier": (
        "swaps whole layers for nothing and breaks the network wherever a layer changes the shape of what it hands on."
    ),
    "PowerPropagationModifier": "runs, and makes no zeros.",
    "ASRegModifier": "fails, with training and without.",
    "[2, 2] blocks": "are taken as 1×4 blocks without a word.",
    "N:M on convolutions": (
        "fails, or gives a scrambled mask; 2:4 and 4:8 are offered on linear layers, and convolutions stay dense."
    ),
    "filter and channel masks outside StructuredPruningModifier": "are refused by SparseML.",
    "Movement, MFAC and RigL in one shot": (
        "movement would mask at random and the other two fail, since no gradient has been seen yet; "
        "they run with training."
    ),
    "the newer recipes of SparseML": "run Python code from the file, so they are never opened here.",
}
