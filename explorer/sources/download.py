"""Fetch weights: with progress, a time limit, and a check of what arrived."""

from __future__ import annotations

import hashlib
import pickle
import re
import socket
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse
from urllib.request import urlopen

import torch
from torch import Tensor

from explorer.values.errors import DownloadError
from explorer.values.whole import appearing

TIMEOUT = 20.0  # seconds without a byte before giving up
CHUNK = 1 << 18
HASH = re.compile(r"-([a-f0-9]{8,})\.")  # in a file's name: the first digits of its SHA-256

Progress = Callable[[float], None]


def weights_file(name: str, url: str, progress: Progress | None = None) -> Path:
    """Find the weights in torch's own cache, or download them into it.

    Args:
        name: the network, for the error's sake.
        url: a file named ``…-<first digits of its SHA-256>.<suffix>``, as torch's are, is held to that.
        progress: told the fraction downloaded, in [0, 1], where the server announces a length.

    Raises:
        DownloadError: if the server fails or falls silent, or the file is truncated or not the one announced.
    """
    file = cached_file(url)
    try:
        if not file.exists() or _damage(file):
            _download(url, file, progress)
    except (OSError, HTTPException) as error:
        raise DownloadError(
            f"Weights of '{name}' could not be downloaded from {urlparse(url).hostname}: {reason(error)}. "
            "Check the connection, or choose random weights."
        ) from error
    return file


def cached_file(url: str) -> Path:
    """Where torch keeps what it downloaded from `url`."""
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name


def read_weights(name: str, file: Path) -> Mapping[str, Tensor]:
    """Read tensors from a file that torch wrote; code that hides in it is refused, not run.

    Raises:
        DownloadError: if the file holds anything but tensors, or is damaged.
    """
    try:
        state: Mapping[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise DownloadError(
            f"Weights of '{name}' in {file} cannot be read: the file is damaged, or holds more than tensors. "
            "Delete it and try again, or choose random weights."
        ) from error
    return state


def _download(url: str, file: Path, progress: Progress | None) -> None:
    """Fetch into a file that everybody may read, which takes its name once it is found to be whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with appearing(file, 0o644) as partial:
        fetch(url, partial, progress)
        if damage := _damage(partial):
            raise OSError(damage)


def fetch(url: str, file: Path, progress: Progress | None) -> None:
    """Write what a server sends into a file; raises `OSError` or `HTTPException` if it fails, falls silent or stops."""
    with urlopen(url, timeout=TIMEOUT) as response, file.open("wb") as out:
        total, received = int(response.headers.get("Content-Length", 0)), 0
        while chunk := response.read(CHUNK):
            out.write(chunk)
            received += len(chunk)
            if progress and total:
                progress(received / total)
    if received < total:
        raise OSError(f"the connection ended after {received:,} of {total:,} bytes")


def _damage(file: Path) -> str:
    """What is wrong with a file by the hash in its own name; "" where nothing is, or no hash is there."""
    expected = HASH.search(file.name)
    if not expected:
        return ""
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found.startswith(expected[1]):
        return ""
    return f"the file's SHA-256 starts with {found[: len(expected[1])]}, not with {expected[1]}"


def reason(error: OSError | HTTPException | RuntimeError) -> str:
    """Why a download failed, as part of a sentence."""
    if isinstance(getattr(error, "reason", None), socket.gaierror):
        return "the server cannot be found"
    return str(error.reason if type(error) is URLError else error).rstrip(".")  # its own text is a wrapper
