"""How a run is made again: the command that does it."""

from __future__ import annotations

import shlex
from dataclasses import fields

from explorer.backends import fields_of
from explorer.backends.codec import as_flags
from explorer.values import NetworkSpec, Weights, own


def command(spec: NetworkSpec, backend: str, options: object, ratio: float | None) -> str:
    """A command line that prunes the same network in the same way.

    Args:
        backend: the library's key.
        options: of the library.
        spec: of no pruned network: those are of one server.
        ratio: None where the options say it.
    """
    words = ["prune", *_network(spec), "--backend", backend]
    words += [] if ratio is None else ["--ratio", f"{ratio:.6g}"]
    return f"pruning-explorer {shlex.join([*words, *as_flags(options, fields_of(backend))])}"


def _network(spec: NetworkSpec) -> list[str]:
    mine = own.own(spec.name)
    if mine is None:
        seed = ["--weights-seed", str(spec.seed)] if spec.weights is Weights.RANDOM and spec.seed else []
        return ["--model", spec.name, "--weights", str(spec.weights), *seed]
    flags = ((f"--{part.name}", getattr(mine, part.name)) for part in fields(mine) if part.name != "name")
    return [word for flag, value in flags if value is not None for word in (flag, value)]
