"""Run mutation testing on the modules that decide about retries, deadlines, money and secrets.

    python -m scripts.testing.mutation               all mutants, from the start
    python -m scripts.testing.mutation --survivors   the survivors and timeouts of the last run, and new mutants
    python -m scripts.testing.mutation --report      no mutant: write docs/mutation/README.md from the last run

mutmut makes the mutants of functions, `mutation_outside` those that mutmut leaves out. mutmut expects sources and tests side by
side, so each group below gets a folder of its own in .mutation, with only the tests of its modules: running all tests on every
mutant would take days. The raw results are in .mutation/results.jsonl, which is not committed.

Exits with 1 if fewer than 85 % are killed, or if a survivor has no reason in docs/mutation/reasons.toml.
"""

import argparse
import contextlib
import dataclasses
import difflib
import fnmatch
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".mutation"
DOCS = ROOT / "docs" / "mutation"
LEAST_KILLED = 85.0
KILLED = frozenset({"killed", "timeout", "suspicious", "segfault"})


@dataclass(frozen=True)
class Group:
    """Modules of runflow_client and the tests that must kill their mutants.

    Args:
        modules: patterns of files below wrapper/runflow_client.
        tests: files and folders below tests/wrapper.
        without: names of tests that are left out: they check imports, or are slow and kill no more mutants.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()


GROUPS: Mapping[str, Group] = {
    "decisions": Group(
        modules=(
            "flows/*.py",
            "flows/base/*.py",
            "_redaction.py",
            "runtime/configuration.py",
            "runtime/files/*.py",
            "callbacks/*.py",
            "models/*.py",
        ),
        tests=(
            "callbacks",
            "flows",
            "models",
            "runtime/files",
            "runtime/test_configuration.py",
            "runtime/test_configuration_values.py",
            "runtime/test_configuration_messages.py",
            "test_errors.py",
            "test_redaction.py",
        ),
        without=("test_callbacks_import_neither_httpx_nor_generated_layer",),
    ),
    "runtime": Group(
        modules=("runtime/*_driver.py", "runtime/clock.py", "runtime/transport/*.py", "runtime/transport/*/*.py"),
        tests=(
            "runtime/test_drivers.py",
            "runtime/transport",
            "client/test_client.py",
            "client/test_client_options.py",
        ),
        without=("interpreter_exits", "forked_child_has_own_connection_pool", "credentials_file_last"),
    ),
}

SETTINGS = """\
[tool.pytest.ini_options]
addopts = "--import-mode=importlib --strict-markers -p no:cacheprovider --hypothesis-seed=1"
pythonpath = ["support"]
filterwarnings = ["error"]
timeout = 60

[tool.mutmut]
source_paths = ["src"]
also_copy = ["support"]
only_mutate = {modules}
pytest_add_cli_args_test_selection = {selection}
use_git_change_detection = false
"""


@dataclass(frozen=True)
class Mutant:
    """One mutant and its status."""

    name: str
    module: str
    function: str
    status: str
    change: str = ""

    @property
    def is_killed(self) -> bool:
        return self.status in KILLED


def stage(name: str, group: Group) -> Path:
    """Copy sources and tests into the folder of a group, as mutmut expects them; earlier results are kept."""
    folder = WORK / name
    for old in ("tests", "support", "mutants/tests", "mutants/support"):
        shutil.rmtree(folder / old, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for source in ("wrapper/runflow_client", "generated/runflow_api"):
        shutil.copytree(ROOT / source, folder / "src" / Path(source).name, ignore=ignored, dirs_exist_ok=True)
    shutil.copytree(ROOT / "tests" / "support", folder / "support", ignore=ignored)
    for test in group.tests:
        origin, target = ROOT / "tests" / "wrapper" / test, folder / "tests" / "wrapper" / test
        target.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, target, ignore=ignored)
        else:
            shutil.copy2(origin, target)
    stats = folder / "mutants" / "mutmut-stats.json"
    if stats.exists():
        # mutmut records once which functions a test reaches; a test that changed since may reach others.
        known = json.loads(stats.read_text(encoding="utf-8"))
        stats.write_text(json.dumps({**known, "duration_by_test": {}}), encoding="utf-8")
    modules = [f"src/runflow_client/{pattern}" for pattern in group.modules]
    selection = ["tests", *(["-k", " and ".join(f"not {name}" for name in group.without)] if group.without else [])]
    settings = SETTINGS.format(modules=json.dumps(modules), selection=json.dumps(selection))
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    (folder / "modules").write_text(json.dumps(group.modules), encoding="utf-8")
    (folder / "selection").write_text("\n".join(selection), encoding="utf-8")
    return folder


def run(folder: Path, names: Sequence[str] = ()) -> None:
    """Run mutmut in a folder, at low priority, on two cores.

    mutmut records calls in a ContextVar, and Python before 3.12 can crash if the garbage collector starts while one is set
    (https://github.com/python/cpython/issues/148891). So the collector runs only where a test calls it.
    """
    start = "import gc, runpy; gc.disable(); runpy.run_module('mutmut', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", start, "run", "--max-children", "2", *names]
    done = subprocess.run(["nice", "-n", "10", *command], cwd=folder, check=False)
    if done.returncode != 0:
        raise SystemExit(f"mutmut ended with {done.returncode} in {folder}")


def run_outside(folder: Path) -> None:
    """Run the mutants that mutmut leaves out and write their statuses; mutants killed before are not run again.

    Timeouts are run again, because a busy machine can cause them too.
    """
    from mutmut.mutation.mutators import mutation_operators

    from scripts.testing import mutation_outside

    killed = {mutant.name: mutant for mutant in found_outside(folder) if mutant.status == "killed"}
    root = folder / "src" / "runflow_client"
    modules = json.loads((folder / "modules").read_text(encoding="utf-8"))
    variants = {}
    for path in sorted({path for pattern in modules for path in root.glob(pattern)}):
        module = path.relative_to(root).as_posix()
        for variant in mutation_outside.variants(module, path.read_text(encoding="utf-8"), mutation_operators):
            digest = hashlib.sha256(f"{variant.place} {variant.old} {variant.new}".encode()).hexdigest()[:12]
            variants[f"{module}:{digest}"] = variant
    left = {name: variant for name, variant in variants.items() if name not in killed}
    found = {}
    for (name, variant), status in zip(
        left.items(), mutation_outside.statuses(folder, list(left.values())), strict=True
    ):
        change = "\n".join(difflib.ndiff(variant.old.splitlines(), variant.new.splitlines()))
        kept = "" if status in KILLED else change_of(change)
        found[name] = Mutant(name, variant.path, variant.place or "(module)", status, kept)
    rows = [dataclasses.asdict(found.get(name) or killed[name]) for name in variants]
    (folder / "outside.json").write_text(json.dumps(rows), encoding="utf-8")


def found_outside(folder: Path) -> list[Mutant]:
    """Return the mutants that mutmut leaves out, with their statuses."""
    path = folder / "outside.json"
    return [Mutant(**row) for row in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def found_by_mutmut(folder: Path) -> list[Mutant]:
    """Return the mutants of mutmut in a folder, with their statuses."""
    from mutmut.configuration import reset_config
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.file_utils import walk_mutatable_files

    mutants = []
    with contextlib.chdir(folder):
        reset_config()
        for path in sorted(walk_mutatable_files()):
            data = SourceFileMutationData(path=path)
            data.load()
            for name, code in data.exit_code_by_key.items():
                status = str(status_by_exit_code[code])
                change = "" if status in KILLED else change_of(get_diff_for_mutant(name, path=path))
                mutants.append(Mutant(name, str(path)[len("src/runflow_client/") :], function_of(name), status, change))
    return mutants


def function_of(name: str) -> str:
    """Return the qualified name of the function that a mutant changes."""
    mangled = name.rpartition(".")[2].rpartition("__mutmut_")[0]
    return ".".join(mangled.split("ǁ")[1:]) if "ǁ" in mangled else mangled.removeprefix("x_")


def change_of(diff: str) -> str:
    """Return the removed and added lines of a diff, without the rest."""
    lines = [line for line in diff.splitlines() if re.match(r"[-+](?![-+][-+] )", line)]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def reason_of(mutant: Mutant, reasons: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the reason why a survivor is accepted; None if there is none."""
    for reason in reasons:
        if fnmatch.fnmatch(f"{mutant.module} {mutant.function}", reason["where"]) and any(
            re.search(pattern, mutant.change, re.DOTALL) for pattern in reason["changes"]
        ):
            return str(reason["why"])
    return None


def percent(mutants: Sequence[Mutant]) -> float:
    return 100 * sum(mutant.is_killed for mutant in mutants) / len(mutants)


def page(mutants: Sequence[Mutant], reasons: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of docs/mutation/README.md."""
    survivors = [mutant for mutant in mutants if not mutant.is_killed]
    lines = [
        "# Mutation testing",
        "",
        "Written by `make mutation`. The raw results are in `.mutation/results.jsonl`, which is not committed. "
        "[reasons.toml](reasons.toml) says why some mutants may survive.",
        "",
        "A mutant is the library with one small change: another comparison, a limit one higher, an argument left out, a word of a "
        "message changed. [mutmut](https://mutmut.readthedocs.io) makes mutants of functions. `scripts/testing/mutation_outside.py` makes "
        "mutants of constants, class fields and decorated functions, which mutmut leaves out. The tests of the module run on each "
        "mutant. Every survivor is listed below with the reason why it is accepted.",
        "",
        f"**{percent(mutants):.1f} %** of {len(mutants):,} mutants are killed; at least {LEAST_KILLED:.0f} % are required. "
        "A mutant that exceeds the time limit counts as killed.",
        "",
        "| module | mutants | killed | survived | % |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for module in sorted({mutant.module for mutant in mutants}):
        own = [mutant for mutant in mutants if mutant.module == module]
        killed = sum(mutant.is_killed for mutant in own)
        lines.append(f"| {module} | {len(own)} | {killed} | {len(own) - killed} | {percent(own):.1f} |")
    lines += ["", "## Survivors and reasons", ""]
    whys = {mutant.name: reason_of(mutant, reasons) or "NO REASON" for mutant in survivors}
    for why, count in Counter(whys.values()).most_common():
        lines += [f"### {why} ({count})", ""]
        for mutant in survivors:
            if whys[mutant.name] == why:
                lines += [f"`{mutant.module}` `{mutant.function}`", "", "```diff", mutant.change, "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def report(mutants: Sequence[Mutant]) -> int:
    """Write the raw results and the page; return 1 if too few are killed or a survivor has no reason, else 0."""
    DOCS.mkdir(parents=True, exist_ok=True)
    WORK.mkdir(parents=True, exist_ok=True)
    path = DOCS / "reasons.toml"
    reasons = tomllib.loads(path.read_text(encoding="utf-8")).get("reason", []) if path.exists() else []
    with (WORK / "results.jsonl").open("w", encoding="utf-8") as file:
        for mutant in mutants:
            row = {"mutant": mutant.name, "module": mutant.module, "function": mutant.function, "status": mutant.status}
            file.write(
                json.dumps(row | ({"change": mutant.change} if mutant.change else {}), ensure_ascii=False) + "\n"
            )
    (DOCS / "README.md").write_text(page(mutants, reasons), encoding="utf-8")
    unexplained = [mutant for mutant in mutants if not mutant.is_killed and reason_of(mutant, reasons) is None]
    for mutant in unexplained:
        print(f"{mutant.status}: {mutant.name}\n{mutant.change}\n")
    print(f"{percent(mutants):.1f} % of {len(mutants)} mutants are killed; {len(unexplained)} survivors have no reason")
    return 1 if unexplained or percent(mutants) < LEAST_KILLED else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run mutation testing.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"one of {', '.join(GROUPS)}; default: all")
    parser.add_argument(
        "--survivors", action="store_true", help="run only the survivors of the last run and new mutants"
    )
    parser.add_argument("--report", action="store_true", help="run no mutant, write the page from the last run")
    options = parser.parse_args(arguments)
    os.environ.pop("MUTANT_UNDER_TEST", None)
    for name in () if options.report else options.groups or GROUPS:
        if not options.survivors:
            shutil.rmtree(WORK / name, ignore_errors=True)
        folder = stage(name, GROUPS[name])
        run(folder)
        again = [mutant.name for mutant in found_by_mutmut(folder) if mutant.status != "killed"]
        if options.survivors and again:
            run(folder, again)
        run_outside(folder)
    folders = [WORK / name for name in GROUPS]
    return report([mutant for folder in folders for mutant in (*found_by_mutmut(folder), *found_outside(folder))])


if __name__ == "__main__":
    sys.exit(main())
