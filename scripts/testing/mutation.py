"""Plant faults, one at a time, where the library decides about money, time and secrets, and see which of them its tests find.

    python -m scripts.testing.mutation               all of them, from the start
    python -m scripts.testing.mutation --survivors   those that survived or ran out of time, and new ones, against the tests of today
    python -m scripts.testing.mutation --report      none: write docs/mutation/ anew from the last run

mutmut does the planting in functions, `mutation_outside` in what mutmut leaves out. mutmut wants sources and tests side by side, so
each group below is laid out in a folder of its own under build/mutation, with the few tests that are about its modules: all of them
for every mutant would take days.

Ends with 1 where fewer than 85 % are killed, or where a survivor has no reason in docs/mutation/reasons.toml.
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
WORK = ROOT / "build" / "mutation"
DOCS = ROOT / "docs" / "mutation"
LEAST_KILLED = 85.0
KILLED = frozenset({"killed", "timeout", "suspicious", "segfault"})


@dataclass(frozen=True)
class Group:
    """Modules of runflow_client and the tests that are to find their faults.

    Args:
        modules: patterns of files below wrapper/runflow_client.
        tests: files and folders below tests/wrapper.
        without: names of tests that are left out: they look at what is imported, or take long and tell nothing more here.
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
            "runtime/test_messages.py",
            "test_errors.py",
            "test_redaction.py",
        ),
        without=("test_a_receiver_needs_neither_httpx_nor_the_generated_layer",),
    ),
    "runtime": Group(
        modules=("runtime/*_driver.py", "runtime/clock.py", "runtime/transport/*.py", "runtime/transport/*/*.py"),
        tests=(
            "runtime/test_drivers.py",
            "runtime/transport",
            "client/test_client.py",
            "client/test_configuration_errors.py",
        ),
        without=("interpreter_ends_at_once", "a_forked_child_has_connections_of_its_own", "credentials_file_last"),
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
    """One planted fault and what became of it."""

    name: str
    module: str
    function: str
    status: str
    change: str = ""

    @property
    def is_killed(self) -> bool:
        return self.status in KILLED


def stage(name: str, group: Group) -> Path:
    """Lay out sources and tests as mutmut wants them; what it has found out there before is kept."""
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
        # mutmut looks once at which functions a test reaches; a test that was changed since may reach others.
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
    """Let mutmut work in a folder, at a low priority, on two cores.

    mutmut notes calls in a ContextVar, and Python before 3.12 can crash where its collector starts while one is set
    (https://github.com/python/cpython/issues/148891). So the collector runs only where a test asks for it.
    """
    start = "import gc, runpy; gc.disable(); runpy.run_module('mutmut', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", start, "run", "--max-children", "2", *names]
    done = subprocess.run(["nice", "-n", "10", *command], cwd=folder, check=False)
    if done.returncode != 0:
        raise SystemExit(f"mutmut ended with {done.returncode} in {folder}")


def run_outside(folder: Path) -> None:
    """Plant what mutmut leaves out, and write down what became of it; what was killed before stays so.

    What ran out of its time is tried again: on a busy machine that may say nothing of the fault.
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
    """Return what has become of the faults outside of mutmut's reach."""
    path = folder / "outside.json"
    return [Mutant(**row) for row in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def found_by_mutmut(folder: Path) -> list[Mutant]:
    """Return what mutmut has found out in a folder."""
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
    """Return the function that a mutant is in, as Python would name it."""
    mangled = name.rpartition(".")[2].rpartition("__mutmut_")[0]
    return ".".join(mangled.split("ǁ")[1:]) if "ǁ" in mangled else mangled.removeprefix("x_")


def change_of(diff: str) -> str:
    """Return what a mutant changes: the old lines and the new ones, without the rest of the diff."""
    lines = [line for line in diff.splitlines() if re.match(r"[-+](?![-+][-+] )", line)]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def reason_of(mutant: Mutant, reasons: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why no test should kill a survivor, None where nobody has said so."""
    for reason in reasons:
        if fnmatch.fnmatch(f"{mutant.module} {mutant.function}", reason["where"]) and any(
            re.search(pattern, mutant.change, re.DOTALL) for pattern in reason["changes"]
        ):
            return str(reason["why"])
    return None


def percent(mutants: Sequence[Mutant]) -> float:
    return 100 * sum(mutant.is_killed for mutant in mutants) / len(mutants)


def page(mutants: Sequence[Mutant], reasons: Sequence[Mapping[str, Any]]) -> str:
    """Return the page that people read."""
    survivors = [mutant for mutant in mutants if not mutant.is_killed]
    lines = [
        "# Mutation testing",
        "",
        "Written by `make mutation`; [results.jsonl](results.jsonl) has every mutant, [reasons.toml](reasons.toml) why some may live.",
        "",
        "A mutant is the library with one small fault in it: another comparison, a limit one higher, an argument left out, a word of "
        "a message changed. [mutmut](https://mutmut.readthedocs.io) makes them in functions; `scripts/testing/mutation_outside.py` makes "
        "the same ones in constants, in the fields of classes and in decorated functions, which mutmut leaves alone. The tests of the "
        "module then run on each. Every mutant that they do not kill stands below with the reason why none should.",
        "",
        f"**{percent(mutants):.1f} %** of {len(mutants):,} mutants are killed; at least {LEAST_KILLED:.0f} % are asked for. "
        "One that runs out of its time is killed.",
        "",
        "| module | mutants | killed | survived | % |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for module in sorted({mutant.module for mutant in mutants}):
        own = [mutant for mutant in mutants if mutant.module == module]
        killed = sum(mutant.is_killed for mutant in own)
        lines.append(f"| {module} | {len(own)} | {killed} | {len(own) - killed} | {percent(own):.1f} |")
    lines += ["", "## Survivors, and why no test should kill them", ""]
    whys = {mutant.name: reason_of(mutant, reasons) or "NOT EXPLAINED" for mutant in survivors}
    for why, count in Counter(whys.values()).most_common():
        lines += [f"### {why} ({count})", ""]
        for mutant in survivors:
            if whys[mutant.name] == why:
                lines += [f"`{mutant.module}` `{mutant.function}`", "", "```diff", mutant.change, "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def report(mutants: Sequence[Mutant]) -> int:
    """Write docs/mutation/ and say whether all is well."""
    DOCS.mkdir(parents=True, exist_ok=True)
    said = DOCS / "reasons.toml"
    reasons = tomllib.loads(said.read_text(encoding="utf-8")).get("reason", []) if said.exists() else []
    with (DOCS / "results.jsonl").open("w", encoding="utf-8") as file:
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
    parser = argparse.ArgumentParser(description="Plant faults and see which of them the tests find.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all")
    parser.add_argument("--survivors", action="store_true", help="try only those that survived the last run")
    parser.add_argument("--report", action="store_true", help="try none, and report on the last run")
    asked = parser.parse_args(arguments)
    os.environ.pop("MUTANT_UNDER_TEST", None)
    for name in () if asked.report else asked.groups or GROUPS:
        if not asked.survivors:
            shutil.rmtree(WORK / name, ignore_errors=True)
        folder = stage(name, GROUPS[name])
        run(folder)
        again = [mutant.name for mutant in found_by_mutmut(folder) if mutant.status != "killed"]
        if asked.survivors and again:
            run(folder, again)
        run_outside(folder)
    folders = [WORK / name for name in GROUPS]
    return report([mutant for folder in folders for mutant in (*found_by_mutmut(folder), *found_outside(folder))])


if __name__ == "__main__":
    sys.exit(main())
