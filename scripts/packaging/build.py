"""Builds wheel and sdist, and checks what is in them."""

from __future__ import annotations

import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from scripts.packaging.programs import DIST, WORK, ProgramFailedError, newest, run, wheel


def build() -> None:
    """Build both distributions, check them, and check that the sdist gives the same wheel."""
    shutil.rmtree(DIST, ignore_errors=True)
    run([sys.executable, "-m", "hatchling", "build", "-d", DIST])
    run([sys.executable, "-m", "twine", "check", "--strict", *sorted(DIST.iterdir())])
    # W004: PyInstaller sets the names of its hooks. W009: two top-level packages are meant, the generated layer and the wrapper.
    run([sys.executable, "-m", "check_wheel_contents", "--ignore", "W004,W009", wheel()])
    compare(wheel(), wheel_of_sdist())


def unpacked_sdist() -> Path:
    """Unpack the sdist and return its folder."""
    folder = WORK / "sdist"
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(newest("*.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return source


def wheel_of_sdist() -> Path:
    """Build a wheel from the unpacked sdist, as whoever packages the library elsewhere does."""
    source = unpacked_sdist()
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", WORK / "wheel-of-sdist"], source)
    return WORK / "wheel-of-sdist" / wheel().name


def compare(first: Path, second: Path) -> None:
    """Raise unless two wheels hold the same files with the same content."""
    with zipfile.ZipFile(first) as left, zipfile.ZipFile(second) as right:
        different = {
            name
            for name in {*left.namelist(), *right.namelist()}
            if name not in left.namelist() or name not in right.namelist() or left.read(name) != right.read(name)
        }
    if different:
        raise ProgramFailedError(f"the wheel that the sdist gives differs in: {', '.join(sorted(different))}")
