"""Flags of the subcommands: those that all have, and each library's own, drawn from its fields. Knows no torch."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from explorer.backends import BACKENDS, DEPGRAPH, fields_of
from explorer.backends.codec import add_flags
from explorer.backends.table import key_of
from explorer.commands.budgets import BUDGETS
from explorer.values.errors import UnknownNameError

TOLD = {
    "plan": "What pruning would leave, to the last parameter; nothing is pruned.",
    "prune": "Have the library prune a copy, and write the folder to take away.",
    "compare": "Prune by several libraries, and measure all results side by side.",
    "measure": "Have the library prune a copy, and measure it beside the dense network.",
}
STATUSES = (
    "Exit status: 0 done; 1 refused, with a sentence; 2 no such flag; 3 written, but a file failed its own check and "
    "is missing; 130 interrupted, and nothing is left half written."
)


def parsed_arguments(names: Sequence[str], arguments: Sequence[str]) -> Namespace:
    """What a command was given; `--help` and what is no flag end the process, as argparse does."""
    known, _ = _first().parse_known_args(arguments)
    parser = ArgumentParser(prog="pruning-explorer", epilog=STATUSES, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(names))
    for name in names:
        command = commands.add_parser(name, help=TOLD[name], description=TOLD[name], epilog=STATUSES)
        _add(command, name)
        if name == "compare":
            _add_runs(command)
        else:
            _add_library(command, known.backend, parser)
    return parser.parse_args(arguments)


def _first() -> ArgumentParser:
    """Reads which library it is, since that decides on the other flags."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--backend", default=DEPGRAPH)
    return parser


def _add(command: ArgumentParser, name: str) -> None:
    command.add_argument(
        "--model", required=True, metavar="NAME", help="a network, such as digits-cnn or resnet18"
    )
    command.add_argument("--weights", metavar="WHICH", help="trained, pretrained or random")
    command.add_argument("--weights-seed", type=int, default=0, metavar="N", help="of random weights")
    asked = command.add_argument_group("how much goes, or stays").add_mutually_exclusive_group()
    asked.add_argument("--ratio", metavar="FRACTION", help="of channels or weights that go: 0.5 or 50%%")
    for budget, told in BUDGETS.items():
        asked.add_argument(
            f"--{budget.replace('_', '-')}",
            metavar="BUDGET",
            help=f"{told} that are left: a share of the dense network such as 50%%, or a number such as 150M",
        )
    command.add_argument("--json", action="store_true", help="print one JSON object")
    if name == "prune":
        command.add_argument("--out", metavar="DIR", help="the folder to write; NAME.pruned by default")
        command.add_argument("--replace", action="store_true", help="replace a pruned network that is there")


def _add_library(command: ArgumentParser, backend: str, parser: ArgumentParser) -> None:
    command.add_argument("--backend", default=DEPGRAPH, help=", ".join(BACKENDS))
    try:
        key = key_of(backend)
    except UnknownNameError as error:
        parser.error(str(error))
    add_flags(command.add_argument_group(f"options of {BACKENDS[key].name}"), fields_of(key))


def _add_runs(command: ArgumentParser) -> None:
    command.add_argument(
        "--run",
        action="append",
        metavar="'BACKEND FLAGS'",
        help="one run with its own flags, such as 'depgraph --scope global'; given several times. Every library with "
        "its usual options by default.",
    )
