"""Puts a new folder into the place of an old one, so that at any moment one of the two is there, whole."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "runflow-generate-"
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_HERE = -100  # AT_FDCWD: paths are taken as they stand


@contextmanager
def workshop(output: Path) -> Iterator[Path]:
    """A folder of our own on the file system of the output, but not beside it; removed in the end.

    A run that was killed cannot remove its own, so each run removes those of runs that are gone.

    Args:
        output: The folder that is to be written.
    """
    parent = _parent(output)
    _remove_left_over(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _parent(output: Path) -> Path:
    existing = next(each for each in (output.parent, *output.parent.parents) if each.exists())
    device = existing.stat().st_dev
    for candidate in (Path(sys.prefix), Path(tempfile.gettempdir())):
        if candidate.is_dir() and os.access(candidate, os.W_OK) and candidate.stat().st_dev == device:
            return candidate.resolve()
    return existing


def _remove_left_over(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        number = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if number.isdecimal() and not _is_running(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def replace(output: Path, fresh: Path) -> None:
    """Puts the new folder into the place of the old one in one step.

    Args:
        output: The old folder; it may be missing.
        fresh: The new one, on the same file system; the old one is then in its place.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    if not output.exists():
        fresh.rename(output)
    elif not _exchange(fresh, output):
        _replace_in_two_steps(output, fresh)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one system call; False where there is none for it."""
    if os.name != "posix":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if hasattr(library, "renameat2"):
        return bool(library.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE) == 0)
    if hasattr(library, "renamex_np"):
        return bool(library.renamex_np(*names, _EXCHANGE) == 0)
    return False


def _replace_in_two_steps(output: Path, fresh: Path) -> None:
    old = fresh.with_name("old")
    output.rename(old)
    try:
        fresh.rename(output)
    except BaseException:
        if not output.exists():
            with suppress(OSError):
                old.rename(output)
        raise
