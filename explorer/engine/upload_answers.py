"""What the process answers that reads uploads: a stranger's file takes down that process at most, which then ends."""

from __future__ import annotations

from pathlib import Path

from explorer import sources
from explorer.engine import calls
from explorer.engine.call import UPLOADS
from explorer.sources.uploads import take
from explorer.values import NetworkSpec
from explorer.values.checkpoints import Fit

__all__ = calls.answered_in(UPLOADS)


@calls.take_upload.answered
def take_upload(spec: NetworkSpec, path: str, name: str, strip: str) -> Fit:
    return take(sources.load_bare(spec), Path(path), name, strip, Path(spec.upload))
