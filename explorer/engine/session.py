"""The app on a module in hand: served by a child of this process, for as long as this one lives."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import Any

from torch import nn

from explorer.anatomy.inputs import Example
from explorer.anatomy.network import Network, wrap
from explorer.backends.bench import Bench
from explorer.backends.table import parsed
from explorer.engine.cell import is_notebook, show_below
from explorer.engine.serving import ServedApp
from explorer.sources.own.handing import hand_over
from explorer.studies.apply import plan_at
from explorer.values import Plan, applied, own
from explorer.values.errors import PruningError
from explorer.values.project import Wanted


class Session:
    """An app that shows one module; `close` ends it, and so does the end of this process."""

    def __init__(self, bench: Bench, folder: Path, app: ServedApp) -> None:
        self.url = app.url
        self._bench = bench
        self._folder = folder
        self._app = app
        self._made: dict[Wanted, nn.Module] = {}
        atexit.register(self.close)

    @property
    def plan(self) -> Plan:
        """The plan that was applied last in the app, made anew in this process.

        Raises:
            PruningError: if nothing has been applied yet.
        """
        last = self._last()
        return plan_at(self._planner(last), last.amount)

    @property
    def pruned(self) -> nn.Module:
        """A copy of the module as its library leaves it under `plan`, before any training; made in this process.

        Raises:
            PruningError: if nothing has been applied yet.
        """
        last = self._last()
        if last not in self._made:
            planner = self._planner(last)
            self._made = {last: planner.apply(plan_at(planner, last.amount))}
        return self._made[last]

    def close(self) -> None:
        """End the app and forget what it was handed."""
        atexit.unregister(self.close)
        self._app.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def wait(self) -> None:
        """Return when the app answers; raises `EngineError` if it does not."""
        self._app.wait()

    def _last(self) -> Wanted:
        if found := applied.read(self._folder):
            return found
        raise PruningError(
            f"Nothing has been applied at {self.url} yet. Press Apply on a page, then ask again."
        )

    def _planner(self, last: Wanted) -> Any:
        return self._bench.planner(last.backend, parsed(last.backend, last.options))

    def __repr__(self) -> str:
        return f"<explorer session at {self.url}>"


def show(
    module: nn.Module,
    example_input: Example,
    data: Any = None,
    name: str | None = None,
    metric: Any = None,
    loss: Any = None,
    browse: bool = True,
) -> Session:
    """Open the app on a module in hand; returns at once, while the app starts.

    Args:
        module: see `explorer.wrap`; its class may be defined in a notebook's cell or in the script that runs.
        example_input: see `explorer.wrap`.
        data: see `explorer.wrap`.
        name: in the picker; the name of its class unless given.
        metric: see `explorer.wrap`.
        loss: see `explorer.wrap`.
        browse: whether to show it: below the cell in Jupyter, in a browser elsewhere.

    Raises:
        NetworkError: as `explorer.wrap` raises it, and if the module cannot be handed to another process.
    """
    net = wrap(module, example_input, data, name or type(module).__name__, metric, loss)
    folder = Path(tempfile.mkdtemp(prefix="pruning-explorer-"))  # that only its owner may enter
    try:
        hand_over(net, folder)
        session = Session(Bench(net), folder, ServedApp(folder, _told(net, folder)))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if browse:
        _open(session)
    return session


def _told(net: Network, folder: Path) -> Mapping[str, str]:
    paths = [os.path.abspath(path) for path in sys.path]
    handed = own.Own(net.name, f"{own.HANDED}:{folder}", data=_judged_by(net))
    return {own.VARIABLE: own.as_text((handed,), Path.cwd(), paths), own.STARTER: str(folder)}


def _judged_by(net: Network) -> str | None:
    """What the picker says of it."""
    parts = (("data", net.data or net.inputs), ("metric", net.metric), ("loss", net.loss))
    given = [what for what, part in parts if part]
    return f"the {' and the '.join(given)} that explorer.show was given" if given else None


def _open(session: Session) -> None:
    if is_notebook():
        show_below(session.url)
    else:
        Thread(target=_browse, args=(session,), daemon=True).start()


def _browse(session: Session) -> None:
    session.wait()
    webbrowser.open(session.url)
