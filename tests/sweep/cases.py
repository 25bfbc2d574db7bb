"""All networks of the sweep, by name."""

from tests.sweep import of_timm, of_torchvision, of_transformers, of_ultralytics, rarer_transformers

CASES = {
    **of_torchvision.CASES,
    **of_timm.CASES,
    **of_transformers.CASES,
    **rarer_transformers.CASES,
    **of_ultralytics.CASES,
}
