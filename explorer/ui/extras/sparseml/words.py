"""How SparseML is run, in plain words, and what is not offered and why."""

from __future__ import annotations

from explorer.values import RunMode

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
