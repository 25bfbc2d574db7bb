"""Run one subcommand: its exit status, and what becomes of errors and interruptions."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any

from explorer.commands.answer import INTERRUPTED, REFUSED, Answer
from explorer.commands.flags import parsed_arguments
from explorer.commands.telling import Teller
from explorer.process.limits import is_out_of_memory
from explorer.values.errors import ExplorerError

_COMMANDS = {
    "plan": "planning:plan",
    "prune": "planning:prune",
    "compare": "comparing:compare",
    "measure": "measuring:measure",
    "sensitivity": "sensing:sensitivity",
    "profile": "profiling:profile",
    "report": "reporting:report",
    "check": "checking:check",
}
NAMES = tuple(_COMMANDS)
OUT_OF_MEMORY = (
    "This takes more memory than the machine has to give. Take a smaller input or network, or end other "
    "programs."
)


def run(arguments: Sequence[str]) -> int:
    """Carry a subcommand out, and print what it comes to.

    Returns:
        0: done. 1: refused, with a sentence. 2 (raised by argparse): no such flag. 3: written, but a file failed its
        own check and is missing. 4: a limit of `check` is not met. 130: interrupted, and nothing is left half written.
    """
    given = parsed_arguments(NAMES, arguments)
    teller = Teller(sys.stderr)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with redirect_stdout(sys.stderr):  # what a person's own code prints is no part of the answer
            answer = _command(given.command)(given, teller)
    except ExplorerError as error:
        teller.end()
        print(f"pruning-explorer: {error}", file=sys.stderr)
        return REFUSED
    except Exception as error:
        if not is_out_of_memory(error):
            raise  # a fault of ours, with all that it takes to find it
        teller.end()
        print(f"pruning-explorer: {OUT_OF_MEMORY}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        teller.end()
        print("pruning-explorer: Interrupted; nothing was left half written.", file=sys.stderr)
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
    teller.end()
    print(json.dumps(answer.value, indent=2) if given.json else answer.text)
    return answer.status


def _command(name: str) -> Callable[[Any, Teller], Answer]:
    # torch takes seconds to import: what is told of flags needs none of it.
    module, function = _COMMANDS[name].split(":")
    found: Callable[[Any, Teller], Answer] = getattr(import_module(f"explorer.commands.{module}"), function)
    return found


def _interrupt(*_: object) -> None:
    """End as Ctrl+C does: what is half written goes."""
    raise KeyboardInterrupt
