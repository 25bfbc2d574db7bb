"""Whether the range of torch that pyproject.toml names works, in fresh environments."""
