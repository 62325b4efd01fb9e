"""Run the tests of the HTML pages in the machine's Chromium.

    python -m scripts.testing.pages [arguments of pytest]

Playwright's own browsers are not used, because they are downloaded past every package index. Where no Chromium is found, Debian's
is installed if this runs as root and there is an `apt-get`. RUNFLOW_CHROMIUM names another program.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "RUNFLOW_CHROMIUM"
APT_GET = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300")
INSTALL = ((*APT_GET, "update"), (*APT_GET, "install", "-y", "--no-install-recommends", "chromium"))
# The environment has the project's dependencies, but not the project.
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in ("wrapper", "generated"))


class BrowserMissingError(Exception):
    """No Chromium was found; the message says what to install."""


def chromium(variables: Mapping[str, str]) -> str | None:
    """Return the path of a Chromium; None where there is none.

    Raises:
        BrowserMissingError: the variable names a program that does not exist.
    """
    path = variables.get("PATH")
    named = variables.get(VARIABLE)
    if named is not None:
        found = shutil.which(named, path=path)
        if found is None:
            raise BrowserMissingError(f"{VARIABLE} names {named!r}, which is no program")
        return found
    return next((found for name in PROGRAMS if (found := shutil.which(name, path=path))), None)


def install(variables: Mapping[str, str]) -> None:
    """Install Debian's Chromium.

    Raises:
        BrowserMissingError: this does not run as root on Debian, or it failed.
    """
    if os.geteuid() != 0 or shutil.which("apt-get", path=variables.get("PATH")) is None:
        raise BrowserMissingError(
            "the tests of the pages need Chromium: install it (on Debian and Ubuntu: sudo apt-get install chromium), "
            f"or name another build of it in {VARIABLE}"
        )
    print("Installing Debian's Chromium", flush=True)
    for command in INSTALL:
        done = subprocess.run(
            command,
            env={**variables, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise BrowserMissingError(f"{done.stdout.rstrip()}\n\n{' '.join(command)} failed: install Chromium by hand")


def main(arguments: Sequence[str] | None = None, variables: Mapping[str, str] = os.environ) -> int:
    try:
        browser = chromium(variables)
        if browser is None:
            install(variables)
            browser = chromium(variables)
        if browser is None:
            raise BrowserMissingError("Chromium was installed, but is not on the PATH")
    except BrowserMissingError as error:
        print(error, file=sys.stderr)
        return 2
    command = [sys.executable, "-m", "pytest", "tests/pages", *(sys.argv[1:] if arguments is None else arguments)]
    variables = {**variables, VARIABLE: browser, "PYTHONPATH": SOURCES}
    return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
