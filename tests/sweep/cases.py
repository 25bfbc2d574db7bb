"""All networks of the sweep, by name."""

from tests.sweep import of_timm, of_torchvision, of_transformers, of_ultralytics

CASES = {**of_torchvision.CASES, **of_timm.CASES, **of_transformers.CASES, **of_ultralytics.CASES}
