"""Flags of the subcommands: those that all have, and each library's own, drawn from its fields. Knows no torch."""

from __future__ import annotations

from argparse import Action, ArgumentParser, Namespace, _ActionsContainer
from collections.abc import Callable, Sequence
from typing import Any

from explorer.backends import BACKENDS, DEPGRAPH, NATIVE, fields_of
from explorer.backends.codec import add_flags
from explorer.backends.fields import named
from explorer.backends.table import key_of
from explorer.commands.budgets import BUDGETS, LATENCY
from explorer.commands.limits import LIMITS
from explorer.exports.report import SECTIONS
from explorer.values import own
from explorer.values.errors import UnknownNameError

TOLD = {
    "plan": "What pruning would leave, to the last parameter; nothing is pruned.",
    "prune": "Have the library prune a copy, and write the folder to take away.",
    "compare": "Prune by several libraries, and measure all results side by side.",
    "measure": "Have the library prune a copy, and measure it beside the dense network.",
    "sensitivity": "Prune every coupled group alone and measure; with a budget, also find each group's ratio for it.",
    "profile": "Measure where time goes, dense and pruned, and judge why it is fast or slow, exact or wrong.",
    "report": "Have the library prune a copy, measure it, and write the report as one page of HTML.",
    "check": "Hold runs in a JSON file against limits, for CI: a project file, or what --json printed.",
}
STATUSES = (
    "Exit status: 0 done; 1 refused, with a sentence; 2 no such flag; 3 written, but a file failed its own check and "
    "is missing; 4 a limit of `check` is not met; 130 interrupted, and nothing is left half written."
)
_OWN = {
    "--classes": "such as 3: of a network of timm's or torchvision's",
    "--checkpoint": "its weights, in .safetensors, or a state dict in .pt or .pth",
    "--strip": "a prefix of every name in the checkpoint",
    "--input": "such as 1,3,224,224 or ./net.py:example",
    "--data": "such as imagefolder:FOLDER or ./net.py:data",
    "--metric": "such as ./net.py:score",
    "--loss": "such as ./net.py:loss",
}
SENSED = ("criterion", "seed")


def parsed_arguments(names: Sequence[str], arguments: Sequence[str]) -> Namespace:
    """What a command was given; `--help` and what is no flag end the process, as argparse does."""
    known, _ = _first().parse_known_args(arguments)
    parser = ArgumentParser(prog="pruning-explorer", epilog=STATUSES, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(names))
    for name in names:
        command = commands.add_parser(name, help=TOLD[name], description=TOLD[name], epilog=STATUSES)
        if name != "check":
            _add_network(command)
        if add := _ADDED.get(name):
            add(command)
        else:
            _add_amount(command)
        if name == "compare" and known.backend is None:
            command.add_argument("--backend", help=f"one run by {', '.join(BACKENDS)}, with flags of its own")
        elif name not in ("sensitivity", "check"):
            _add_library(command, known.backend or DEPGRAPH, parser)
        if name in _WRITTEN:
            _WRITTEN[name](command)
        command.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args(arguments)


class _Once(Action):
    """A flag of which argparse would silently keep the last."""

    def __call__(self, parser: ArgumentParser, given: Namespace, value: Any, flag: str | None = None) -> None:
        if (first := getattr(given, self.dest)) is not None:
            parser.error(
                f"{flag} is given twice: '{first}' and '{value}'. A command takes one network: give it once."
            )
        setattr(given, self.dest, value)


def usage() -> str:
    """What ``pruning-explorer --help`` prints: how the app is started, and which commands there are."""
    parser = ArgumentParser(
        prog="pruning-explorer",
        usage="pruning-explorer [--model WHAT [FLAGS]]… [STREAMLIT'S FLAGS]\n       pruning-explorer COMMAND --help",
        description="Open the app in a browser, until Ctrl+C; with a command, carry that out instead.",
        epilog="Streamlit's flags, such as --server.port 8600, are listed by `streamlit run --help`.",
        add_help=False,
    )
    mine = parser.add_argument_group("networks of your own; each flag belongs to the --model before it")
    mine.add_argument(own.MODEL, metavar="WHAT", help=own.FORMS)
    _add_own(mine)
    commands = parser.add_argument_group("commands")
    for name, told in TOLD.items():
        commands.add_argument(name, help=told)
    return parser.format_help()


def _first() -> ArgumentParser:
    """Reads which library it is, since that decides on the other flags."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--backend")
    return parser


def _add_network(command: ArgumentParser) -> None:
    command.add_argument(
        own.MODEL,
        action=_Once,
        required=True,
        metavar="NAME",
        help="a network, such as digits-cnn or resnet18; ./net.py:build, timm:NAME and others of your own",
    )
    command.add_argument("--weights", metavar="WHICH", help="trained, pretrained or random")
    command.add_argument("--weights-seed", type=int, default=0, metavar="N", help="of random weights")
    _add_own(command.add_argument_group("of a network of your own, as where the app is started"))


def _add_own(group: _ActionsContainer) -> None:
    for flag in own.FLAGS:
        if flag != own.MODEL:
            group.add_argument(flag, action=_Once, metavar="WHAT", help=_OWN.get(flag))


def _add_amount(command: ArgumentParser) -> None:
    asked = command.add_argument_group("how much goes, or stays").add_mutually_exclusive_group()
    asked.add_argument("--ratio", metavar="FRACTION", help="of channels or weights that go: 0.5 or 50%%")
    _add_budgets(asked, [*BUDGETS])


def _add_budgets(asked: _ActionsContainer, names: Sequence[str]) -> None:
    for name in names:
        example = "a time such as 2ms" if name == LATENCY else "a number such as 150M"
        asked.add_argument(
            f"--{name.replace('_', '-')}",
            metavar="BUDGET",
            help=f"{BUDGETS[name]}: a share of the dense network such as 50%%, or {example}",
        )


def _add_library(command: ArgumentParser, backend: str, parser: ArgumentParser) -> None:
    command.add_argument("--backend", default=DEPGRAPH, help=", ".join(BACKENDS))
    try:
        key = key_of(backend)
    except UnknownNameError as error:
        parser.error(str(error))
    add_flags(command.add_argument_group(f"options of {BACKENDS[key].name}"), fields_of(key))


def _add_runs(command: ArgumentParser) -> None:
    _add_amount(command)
    command.add_argument(
        "--run",
        action="append",
        metavar="'BACKEND FLAGS'",
        help="one run with its own flags, such as 'depgraph --scope global'; given several times. Every library with "
        "its usual options by default.",
    )


def _add_sensitivity(command: ArgumentParser) -> None:
    command.add_argument(
        "--ratios",
        "--ratio",
        metavar="FRACTION,…",
        help="that each group is pruned at; 0.1 to 0.9 by default",
    )
    command.add_argument("--backend", default=DEPGRAPH, help=f"{DEPGRAPH}, whose groups are measured")
    command.add_argument(
        "--recalibrated", action="store_true", help="re-calibrate BatchNorm before each measurement"
    )
    command.add_argument("--workers", type=int, default=0, metavar="N", help="processes; 0: this one")
    asked = command.add_argument_group("a budget to meet").add_mutually_exclusive_group()
    _add_budgets(asked, ("macs", "params", "bytes", LATENCY))
    add_flags(
        command.add_argument_group("options of DepGraph"),
        [named(fields_of(DEPGRAPH), name) for name in SENSED],
    )


def _add_profile(command: ArgumentParser) -> None:
    command.add_argument(
        "--ratio", default="0.5", metavar="FRACTION", help="of channels that DepGraph removes"
    )
    command.add_argument(
        "--amount", default="0.5", metavar="FRACTION", help="of weights that PyTorch native zeroes"
    )
    weights = named(fields_of(NATIVE), "scope")
    known = ", ".join(choice.word for choice in weights.choices)
    command.add_argument("--weights-scope", metavar="VALUE", help=f"of these weights: {known}")


def _add_check(command: ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="JSON with runs")
    for name, told in LIMITS.items():
        command.add_argument(f"--{name.replace('_', '-')}", metavar="LIMIT", help=told)


def _add_folder(command: ArgumentParser) -> None:
    command.add_argument("--out", metavar="DIR", help="the folder to write; NAME.pruned by default")
    command.add_argument("--replace", action="store_true", help="replace a pruned network that is there")
    _add_report(command)


def _add_report(command: ArgumentParser) -> None:
    page = command.add_argument_group("what the report says")
    page.add_argument("--without", metavar="SECTION,…", help=f"leave out some of: {', '.join(SECTIONS)}")
    page.add_argument("--price", metavar="PRICE", help="of an hour of the machine, such as '0.90 EUR'")
    page.add_argument(
        "--beside", metavar="FILE", help="a project file: its runs of this network stand in the chart"
    )
    page.add_argument("--why", action="store_true", help="profile, too, for the verdicts (about a minute)")


def _add_page(command: ArgumentParser) -> None:
    command.add_argument("--out", metavar="FILE", help="the page to write; NAME.report.html by default")
    command.add_argument("--replace", action="store_true", help="replace a file that is there")
    _add_report(command)


_ADDED: dict[str, Callable[[ArgumentParser], None]] = {  # commands that prune by no one library
    "compare": _add_runs,
    "sensitivity": _add_sensitivity,
    "profile": _add_profile,
    "check": _add_check,
}
_WRITTEN: dict[str, Callable[[ArgumentParser], None]] = {"prune": _add_folder, "report": _add_page}
