"""What a recipe says of each modifier, field by field."""

from __future__ import annotations

from explorer.values import MaskType, Modifier

SPARSITY_FIELDS = {  # recipe -> option, where the names differ
    "compression_sparsity": "final_sparsity",
    "forward_sparsity": "final_sparsity",
}
GRADIENTS = 32  # SparseML's own 1024 take minutes
FIXED: dict[Modifier, dict[str, str | int | bool]] = {  # fields with one value that works here
    Modifier.OBS: {"global_sparsity": False, "num_grads": GRADIENTS},
    Modifier.MFAC: {
        "global_sparsity": False,
        "num_grads": GRADIENTS,
        "fisher_block_size": 50,  # its own 2000 takes half a minute for each mask
        "use_gradient_buffering": False,
    },
    Modifier.RIGL: {"sparsity_strategy": "uniform"},
}
YAML_MASKS = {mask: mask.value for mask in MaskType} | {
    MaskType.ONE_BY_FOUR: "[1, 4]",
    MaskType.FOUR_BY_ONE: "[4, 1]",
    MaskType.TWO_OF_FOUR: "'2:4'",  # YAML would read 2:4 as 124, minutes and seconds
    MaskType.FOUR_OF_EIGHT: "'4:8'",
}
_TIMES = ("start_epoch", "end_epoch", "update_frequency")
_GRADUAL = ("init_sparsity", "final_sparsity", *_TIMES, "inter_func", "mask_type")
_FIELDS: dict[Modifier, tuple[str, ...]] = {
    Modifier.CONSTANT: ("start_epoch", "end_epoch"),
    Modifier.STRUCTURED: (*_GRADUAL, "param_groups"),
    Modifier.ACDC: ("compression_sparsity", *_TIMES, "global_sparsity", "mask_type"),
    Modifier.TOPKAST: ("forward_sparsity", "backward_sparsity", *_TIMES, "global_sparsity", "mask_type"),
    Modifier.RIGL: ("final_sparsity", *_TIMES, "mask_type"),
}


def fields_of(modifier: Modifier) -> tuple[str, ...]:
    """Fields that a recipe gives of a modifier, beside ``params`` and the fixed ones."""
    return _FIELDS.get(modifier, _GRADUAL)
