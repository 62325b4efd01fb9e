"""Writes generated/runflow_api from openapi.yaml, or says how the two differ.

Run with the Python of the generator's own environment (`make generate`, `make check-generated`). Exit status: 0 done,
or nothing differs; 1 something differs, or the contract cannot be generated from; 2 the environment is not the one that
the lock file describes; 130 interrupted.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
# These decide about every byte, and about what passes.
_PINNED = ("openapi-python-client", "ruff", "mypy", "pyright", "python-jsonpath")


def main(arguments: list[str]) -> int:
    """Does what the command line says, and gives the exit status."""
    options = _parse(arguments)
    if problems := _wrong_versions(options.pins):
        print("\n".join(problems), file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _generate(options)
    except KeyboardInterrupt:
        print("interrupted; nothing was changed that is not whole", file=sys.stderr)
        return 130


def _generate(options: argparse.Namespace) -> int:
    from scripts.generator.build import build  # after the check, which says it better than an ImportError
    from scripts.generator.refusals import GenerationError
    from scripts.generator.replacing import replace, workshop
    from scripts.generator.verification import verify

    output = options.output.resolve()
    overlay = _overlay(options)
    try:
        with workshop(output) as folder:
            fresh = folder / output.name
            notes = build(options.spec.resolve(), options.config.resolve(), fresh, overlay)
            if options.check:
                return _report(_differences(fresh, output), output)
            verify(folder, [fresh.name], types=not options.without_types)
            replace(output, fresh)
    except GenerationError as error:
        print(f"{options.spec.name} cannot be generated from, and nothing was changed:\n{error}", file=sys.stderr)
        return 1
    print("\n".join([*notes, f"wrote {_shown(output)}"]))
    return 0


def _overlay(options: argparse.Namespace) -> Path | None:
    if options.overlay is not None:
        return Path(options.overlay).resolve()
    beside = options.spec.resolve().with_suffix(".overlay.yaml")
    return beside if beside.is_file() else None


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.generator.generate", description="Write the generated layer from the contract."
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; say which files are not what the contract gives"
    )
    parser.add_argument("--spec", type=Path, default=_ROOT / "openapi.yaml", help="the contract")
    parser.add_argument(
        "--output",
        type=Path,
        default=_ROOT / "generated" / "runflow_api",
        help="the folder to write, replaced as a whole",
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=_ROOT / "scripts" / "generator" / "config.yaml",
        help="the generator's configuration",
    )
    parser.add_argument(
        "--overlay",
        type=Path,
        help="an OpenAPI Overlay to apply to the contract first; NAME.overlay.yaml beside it if there",
    )
    parser.add_argument(
        "--without-types", action="store_true", help="leave out the type checkers, which take most of the time"
    )
    parser.add_argument(
        "--pins", type=Path, default=_ROOT / "requirements" / "generate.txt", help="the lock file of this environment"
    )
    return parser.parse_args(arguments)


def _wrong_versions(pins: Path) -> list[str]:
    """What is to be said about packages that are not the pinned ones."""
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", pins.read_text(encoding="utf-8"), flags=re.MULTILINE))
    problems = []
    for name in _PINNED:
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "none"
        if installed != pinned.get(name):
            problems.append(f"{name}: {pins.name} pins {pinned.get(name, 'none')}, this environment has {installed}")
    if problems:
        problems.append(
            "Run `make generate`, which makes the right environment, or `pip install -r requirements/generate.txt`."
        )
    return problems


def _differences(fresh: Path, output: Path) -> list[str]:
    """One line for each file that is not what the contract gives."""
    wanted, found = _files(fresh), _files(output)
    lines = [f"missing  {name}" for name in wanted.keys() - found.keys()]
    lines += [f"stale    {name}" for name in found.keys() - wanted.keys()]
    lines += [f"differs  {name}" for name in wanted.keys() & found.keys() if wanted[name] != found[name]]
    return sorted(lines, key=lambda line: line.split()[1])


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.relative_to(folder).parts
    }


def _report(differences: list[str], output: Path) -> int:
    if not differences:
        print(f"{_shown(output)} is what the contract gives")
        return 0
    print(
        f"{_shown(output)} is not what the contract gives:",
        *differences,
        "Run `make generate`.",
        sep="\n  ",
        file=sys.stderr,
    )
    return 1


def _shown(path: Path) -> str:
    return str(path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
