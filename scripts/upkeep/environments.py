"""Build the virtual environments of the project from their lock files, and rebuild those that are out of date.

    python3 scripts/upkeep/environments.py dev generate fuzz

The last step of a build writes a record of the inputs into the environment. An environment without a record is
incomplete. One whose record differs from the current inputs (a changed lock file, another Python, a moved folder) is out
of date. Both are rebuilt. Only the standard library is used, because this runs before anything is installed.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORD = "made-from.json"

# User settings that would install the packages elsewhere. The source of packages (index, proxy, certificates) remains the
# user's choice.
MISLEADING = (
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_CONSTRAINT",
    "PIP_REQUIREMENT",
    "PIP_PYTHON",
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
)


class EnvironmentFailedError(Exception):
    """An environment could not be built; the message names the failed step and holds its output."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment: its folder, its lock file, and whether the project itself is installed into it.

    `needs` names the platform that its packages require, if they exist only as binary packages for some; `from_source` names
    those of them that are published as source alone.
    """

    folder: Path
    lock: Path
    root: Path
    with_project: bool
    needs: str = ""
    from_source: str = ""

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def record(self) -> Path:
        return self.folder / RECORD


def environments(root: Path) -> dict[str, Environment]:
    """Return the environments of the project in `root`, by name."""
    return {
        "dev": Environment(root / ".venv", root / "requirements" / "dev.txt", root, with_project=True),
        "generate": Environment(
            root / ".venv-generate",
            root / "requirements" / "generate.txt",
            root,
            with_project=False,
        ),
        # The examples of callbacks run as programs of their users, on the frameworks that are locked there.
        "examples": Environment(
            root / ".venv-examples", root / "requirements" / "examples.txt", root, with_project=True
        ),
        "fuzz": Environment(
            root / ".venv-fuzz",
            root / "requirements" / "fuzz.txt",
            root,
            with_project=False,
            needs="atheris has binary packages for CPython 3.11 to 3.14 on Linux x86-64 only; "
            "choose such a Python: make fuzz PYTHON=python3.11",
        ),
        # The built distributions are tried from here, so the project itself is not installed.
        "package": Environment(
            root / ".venv-package",
            root / "requirements" / "package.txt",
            root,
            with_project=False,
        ),
        # The configuration of the site names the source folders.
        "docs": Environment(root / ".venv-docs", root / "requirements" / "docs.txt", root, with_project=False),
        "engines": Environment(
            root / ".venv-engines",
            root / "requirements" / "engines.txt",
            root,
            with_project=True,
            needs="Ray has binary packages for some platforms and versions of CPython only; choose another: make engines PYTHON=python3.11",
            from_source="pyspark",
        ),
        "contract": Environment(
            root / ".venv-contract",
            root / "requirements" / "contract.txt",
            root,
            with_project=False,
        ),
        # The tests of pages find the project by PYTHONPATH, as `scripts.testing.pages` sets it.
        "pages": Environment(
            root / ".venv-pages",
            root / "requirements" / "pages.txt",
            root,
            with_project=False,
        ),
        **{
            name: Environment(root / f".venv-{name}", root / "requirements" / f"{name}.txt", root, with_project=False)
            for name in ("bench", "bench-decode", "bench-http", "bench-sdk")
        },
        # Its tests run on changed copies of the sources, so the project itself is not installed.
        "mutation": Environment(
            root / ".venv-mutation",
            root / "requirements" / "mutation.txt",
            root,
            with_project=False,
        ),
    }


def sources(environment: Environment) -> dict[str, str]:
    """Return the current inputs of an environment."""
    made_from = {
        "python": sys.version,
        "interpreter": sys.base_prefix,
        "folder": str(environment.folder),
        "lock": hashlib.sha256(environment.lock.read_bytes()).hexdigest(),
    }
    if environment.with_project:
        made_from["project"] = hashlib.sha256((environment.root / "pyproject.toml").read_bytes()).hexdigest()
    return made_from


def recorded(environment: Environment) -> dict[str, str]:
    """Return the recorded inputs; empty if the environment is missing or incomplete, or its interpreter is gone."""
    try:
        record = json.loads(environment.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and environment.python.exists() else {}


def bring_up_to_date(environment: Environment) -> bool:
    """Build the environment, or only its outdated part, and return whether anything was done."""
    if not environment.lock.is_file():
        raise EnvironmentFailedError(f"{environment.lock.relative_to(environment.root)} is missing")
    wanted, found = sources(environment), recorded(environment)
    if found == wanted:
        return False
    packages_are_current = bool(found) and all(
        found.get(key) == value for key, value in wanted.items() if key != "project"
    )
    started = time.monotonic()
    name = environment.folder.name
    if packages_are_current:
        print(f"Installing the project into {name} again: pyproject.toml changed", flush=True)
        environment.record.unlink()
    else:
        lock = environment.lock.relative_to(environment.root)
        print(
            f"Building {name} from {lock} with Python {sys.version.split()[0]}; pip downloads what it has not cached",
            flush=True,
        )
        install_packages(environment)
    if environment.with_project:
        install_project(environment)
    environment.record.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
    print(f"{name} is ready after {time.monotonic() - started:.0f} s", flush=True)
    return True


def install_packages(environment: Environment) -> None:
    if environment.folder.is_symlink():
        environment.folder.unlink()
    elif environment.folder.exists():
        shutil.rmtree(environment.folder)
    run(
        [sys.executable, "-I", "-m", "venv", str(environment.folder)],
        "creating a virtual environment",
        environment.root,
    )
    options = ["--require-hashes", "--no-deps", "--requirement", str(environment.lock)]
    if not environment.needs:
        pip(environment, *options)
        return
    try:
        source = ["--no-binary", environment.from_source] if environment.from_source else []
        pip(environment, "--only-binary", ":all:", *source, *options)
    except EnvironmentFailedError as failure:
        raise EnvironmentFailedError(f"{failure}\n{environment.needs}") from None


def install_project(environment: Environment) -> None:
    pip(environment, "--no-deps", "--no-build-isolation", "--editable", str(environment.root))


def pip(environment: Environment, *arguments: str) -> None:
    command = [
        str(environment.python),
        "-I",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        *arguments,
    ]
    run(command, "pip install " + " ".join(arguments), environment.root)


def run(command: Sequence[str], what: str, root: Path) -> None:
    """Run a step without output; show its output only if it fails."""
    variables = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    variables["PIP_USER"] = "0"
    done = subprocess.run(
        command,
        cwd=root,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise EnvironmentFailedError(f"{done.stdout.rstrip()}\n\n{what} failed (exit status {done.returncode})")


@contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Lock the project folder, so that two `make` processes do not build the same environment at once."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def main(arguments: Sequence[str] | None = None) -> int:
    known = environments(ROOT)
    parser = argparse.ArgumentParser(description="Build the virtual environments that are missing or out of date.")
    parser.add_argument("names", nargs="+", choices=sorted(known), metavar="NAME", help=" or ".join(sorted(known)))
    names = parser.parse_args(arguments).names
    try:
        with one_at_a_time(ROOT):
            for name in names:
                bring_up_to_date(known[name])
    except EnvironmentFailedError as failure:
        print(f"{failure}\nThe next `make` rebuilds the environment.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: the next `make` rebuilds the environment.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
