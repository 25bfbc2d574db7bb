"""The only file that parses YAML: a recipe into plain values, without building or evaluating anything."""

from __future__ import annotations

from typing import Any

import yaml

from explorer.backends.sparseml.tagged import RecipeFault, Tagged
from explorer.values.errors import cause_of


class _Loader(yaml.SafeLoader):
    """YAML's safe types, and tagged mappings as `Tagged`."""


def _tagged(loader: _Loader, tag: str, node: yaml.Node) -> Tagged:
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return Tagged(tag, {})
    if not isinstance(node, yaml.MappingNode):
        raise RecipeFault("", f"!{tag} must be followed by its fields, one a line as 'name: value'.")
    return Tagged(
        tag, {str(name): value for name, value in loader.construct_mapping(node, deep=True).items()}
    )


_Loader.add_multi_constructor("!", _tagged)


def parse(text: str) -> Any:
    """The document that a recipe holds.

    Raises:
        RecipeFault: if it is no YAML, with the line.
    """
    try:
        return yaml.load(text, _Loader)  # a SafeLoader: it builds plain values only
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f" in line {mark.line + 1}" if mark else ""
        raise RecipeFault("", f"The recipe is no YAML{line}: {error.problem}. Mend that line.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise RecipeFault("", f"The recipe is no YAML: {cause_of(error)}.") from error
