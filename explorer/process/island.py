"""SparseML's island: a folder of old packages that only SparseML's worker process sees.

``python -m explorer.process.island`` sets it up; the app's own environment stays as it is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from explorer.values import places
from explorer.values.errors import ExplorerError

FOLDER = places.island_folder()
LOCK = places.ISLAND_LOCK
COMMAND = "python -m explorer.process.island"
TOO_NEW = (3, 12)  # SparseML, its numpy and its onnx have nothing for this Python


class IslandError(ExplorerError):
    """SparseML's packages are not there and could not be set up."""


def why_missing(folder: Path = FOLDER) -> str:
    """One sentence on why SparseML cannot be used and what to do; empty where it can."""
    if sys.version_info >= TOO_NEW:
        return (
            f"SparseML runs on Python 3.11 only, and this is {sys.version_info[0]}.{sys.version_info[1]}; "
            "everything else works."
        )
    if not is_current(folder):
        return f"SparseML is not set up. Run `{COMMAND}` once; it takes about a minute."
    return ""


def is_current(folder: Path = FOLDER, lock: Path = LOCK) -> bool:
    """Whether the folder holds exactly what the lock file names."""
    stamp = folder / ".lock"
    return stamp.is_file() and stamp.read_text() == fingerprint(lock)


def fingerprint(lock: Path) -> str:
    """Changes when the lock file or the Python that it was installed for does."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return f"{version} {hashlib.sha256(lock.read_bytes()).hexdigest()}"


def environment(logs: Path, folder: Path = FOLDER) -> dict[str, str]:
    """Variables that a worker process needs to see the island, and to stay silent on the network.

    Args:
        logs: folder for SparseML's own logs, which otherwise go into the working directory.
    """
    code = "" if places.is_found_anyway() else str(places.CODE)
    paths = [str(folder), code, os.environ.get("PYTHONPATH", "")]
    return {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "NM_DISABLE_ANALYTICS": "1",
        "NM_TEST_MODE": "1",
        "NM_TEST_LOG_DIR": str(logs),
    }


def set_up(folder: Path = FOLDER, lock: Path = LOCK) -> Iterator[str]:
    """Install the lock file into the folder, one line of progress per package.

    The folder appears when it is complete; an interrupted installation leaves none.

    Raises:
        IslandError: if pip fails, with its last line.
    """
    new = folder.parent / ".cache" / folder.name
    shutil.rmtree(new, ignore_errors=True)
    packages = count_packages(lock)
    for number, package in enumerate(install(new, lock), start=1):
        yield f"[{number}/{packages}] {package}"
    (new / ".lock").write_text(fingerprint(lock))
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)


def count_packages(lock: Path) -> int:
    """How many packages the lock file names: one a line, comments aside."""
    return sum(bool(line.partition("#")[0].strip()) for line in lock.read_text().splitlines())


def install(target: Path, lock: Path) -> Iterator[str]:
    """Run pip; yield each package as pip comes to it.

    Raises:
        IslandError: if pip fails.
    """
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
    command += ["--target", str(target), "--requirement", str(lock)]
    lines = [""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line.strip())
            if line.startswith(("Collecting ", "Processing ")):  # from the registry, or from a local folder
                yield Path(line.split()[1]).name
    if pip.returncode:
        raise IslandError(f"SparseML could not be set up: {said_last(lines)} Mend it and run `{COMMAND}`.")


def said_last(lines: list[str]) -> str:
    """The last error line of pip, or its last line at all."""
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines)[-1].rstrip(".") + "."


def main() -> int:
    """Set the island up where that is possible and needed; returns the exit status."""
    if is_current():
        return 0
    if sys.version_info >= TOO_NEW:
        print(why_missing())
        return 0
    print(f"Setting up SparseML's packages in {FOLDER} (about 250 MB, a minute).")
    try:
        for line in set_up():
            print(line, flush=True)
    except IslandError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
