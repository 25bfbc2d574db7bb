"""How SparseML is run, in plain words, and what is not offered and why."""

from __future__ import annotations

from explorer.values import RunMode

MODES = {RunMode.TRAINING: "training", RunMode.ONE_SHOT: "one-shot"}

# Found by running each of them with SparseML 1.8.0 on the torch that the explorer uses.
NOT_OFFERED = {
    "LayerPruningModifier": (
        "removes whole layers and breaks the network wherever a layer changes its output's shape."
    ),
    "PowerPropagationModifier": "runs, but makes no zeros.",
    "ASRegModifier": "fails, with training and without.",
    "[2, 2] blocks": "are silently taken as 1×4 blocks.",
    "N:M on convolutions": (
        "fails, or gives a scrambled mask; 2:4 and 4:8 are offered on linear layers, and convolutions stay dense."
    ),
    "filter and channel masks outside StructuredPruningModifier": "are refused by SparseML.",
    "Movement, MFAC and RigL in one shot": (
        "movement would mask at random and the other two fail, since there are no gradients yet; they work "
        "with training."
    ),
    "the newer recipes of SparseML": "run Python code from the file, so they are never opened here.",
}
