"""A bundle on disk: as a folder that appears whole or not at all, and as a zip."""

from __future__ import annotations

import ctypes
import io
import os
import shutil
import tempfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from explorer.exports.whole import appearing, file_name, folder_beside, telling
from explorer.values.bundle import Bundle
from explorer.values.errors import ExportError

ENDING = ".pruned"
MARK = "structure.json"  # a folder that holds it is a bundle, and may be replaced by one
_HERE, _SWAP = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
_PACKED = (".safetensors", ".onnx")  # barely get smaller


def folder_name(network: str) -> str:
    """The folder's name where nobody gives another."""
    return f"{file_name(network)}{ENDING}"


def zipped(bundle: Bundle) -> bytes:
    """The folder as one file."""
    file = io.BytesIO()
    write_zip(bundle, file)
    return file.getvalue()


def write_zip(bundle: Bundle, file: io.BufferedIOBase | io.BytesIO) -> None:
    """The same into an open file."""
    with ZipFile(file, "w") as archive:
        for name, content in bundle.files:
            # Of 1980: the same bundle gives the same file
            entry = ZipInfo(f"{folder_name(bundle.name)}/{name}")
            entry.compress_type = ZIP_STORED if name.endswith(_PACKED) else ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def written_zip(bundle: Bundle, path: Path) -> int:
    """The same as a file, which appears when it is complete; its bytes.

    Raises:
        ExportError: if the disk is full or may not be written.
    """
    with telling(path):
        with appearing(path) as new, new.open("wb") as file:
            write_zip(bundle, file)
        return path.stat().st_size


def write_folder(bundle: Bundle, folder: str | os.PathLike[str], replace: bool = False) -> Path:
    """Write a bundle into a folder, which takes its name when it is complete.

    Args:
        replace: whether a bundle that is there already goes, in the instant in which the new one comes.

    Raises:
        ExportError: if something is there, or the disk is full or may not be written; what is there stays whole.
    """
    target = Path(folder).expanduser().absolute()
    check_free(target, replace)
    with telling(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with folder_beside(target) as new:
            for name, content in bundle.files:
                _write(new / name, content)
            new.chmod(0o755)
            _take_place(new, target)
    return target


def check_free(target: Path, replace: bool = False) -> None:
    """Refuse to write over what is there: anything, or where bundles may be replaced anything else.

    Raises:
        ExportError: in one sentence.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not (target / MARK).is_file():
        told = "holds no pruned network, so it is left as it is. Give another name"
    elif not replace:
        told = "holds a pruned network, which is left as it is. Give another name, or replace it (--replace)"
    else:
        return
    raise ExportError(f"'{target}' is there already and {told}.")


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _take_place(new: Path, target: Path) -> None:
    """Give `new` the name of `target`, which then bears the other's: whoever is killed leaves one of the two whole."""
    if not target.exists() or not any(target.iterdir()):
        new.rename(target)
    elif not _exchanged(new, target):  # a file system that cannot: for an instant there is none of that name
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent)) / target.name
        target.rename(old)
        new.rename(target)
        shutil.rmtree(old.parent, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether the system could swap two names in one step, as Linux and macOS can."""
    library = ctypes.CDLL(None, use_errno=True)
    paths = os.fsencode(one), os.fsencode(other)
    if hasattr(library, "renameat2"):
        return bool(library.renameat2(_HERE, paths[0], _HERE, paths[1], _SWAP) == 0)
    return hasattr(library, "renamex_np") and bool(library.renamex_np(*paths, _SWAP) == 0)
