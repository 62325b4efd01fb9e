"""Runs contenders in processes of their own, and measures them in interleaved rounds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from scripts.upkeep.environments import ROOT, bring_up_to_date, environments

HERE = Path(__file__).resolve().parent
WORKER = HERE / "workers" / "worker.py"
_SOURCES = (ROOT / "generated", ROOT / "wrapper")


@dataclass(frozen=True)
class Contender:
    """One contender of a row.

    Args:
        name: how the table calls it.
        environment: the name of its environment.
        module: the worker's module.
        key: its name there.
        arguments: the case and what else it is given.
        calls: how many calls a round makes.
        code: a program that is started anew each round, instead of a worker.
    """

    name: str
    environment: str = "bench"
    module: str = ""
    key: str = ""
    arguments: tuple[str, ...] = ()
    calls: int = 1
    code: str = ""


@dataclass
class Row:
    """One row of the table: contenders in units of the first.

    Args:
        name: what is measured.
        unit: the contender whose figure is 1; it is not a row of its own.
        contenders: the others.
        goal: what ours is to reach.
        bare: for programs, one that does nothing, whose time is subtracted from every other.
    """

    name: str
    unit: Contender
    contenders: Sequence[Contender]
    goal: str = ""
    bare: Contender | None = None


class ContenderFailedError(Exception):
    """A contender's process ended; the message is what it wrote."""


def python_of(name: str) -> str:
    """Return the interpreter of an environment, which is built or rebuilt first where it has to be."""
    environment = environments(ROOT)[name]
    bring_up_to_date(environment)
    return str(environment.python)


def process_environment(more: Sequence[Path] = ()) -> dict[str, str]:
    """Return the environment variables of a contender: no proxy, no setting of Python but the path of this project's sources."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("PROXY")}
    kept = {name: value for name, value in kept.items() if not name.startswith(("PYTHON", "RUNFLOW_"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, (*_SOURCES, *more)))}


def compile_sources(folders: Sequence[Path] = _SOURCES) -> None:
    """Compile this project as an installation does, so that no contender is measured while it compiles."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", *map(str, folders)], check=True)


class Worker:
    """The process of one contender."""

    def __init__(self, contender: Contender, python: str, path: Sequence[Path] = ()) -> None:
        self._contender = contender
        command = [python, str(WORKER), contender.module, contender.key, *contender.arguments]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=process_environment(path),
        )
        self._read()

    def run(self, calls: int = 0) -> dict[str, Any]:
        """Make calls, and return the seconds of CPU and of the clock, and the value, if the contender returns one."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{calls or self._contender.calls}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            raise ContenderFailedError(f"{self._contender.name}: {self._process.stderr.read()[-2_000:]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def server(arguments: Sequence[str] = (), program: Sequence[str] = ()) -> Iterator[str]:
    """Run a server in a process of its own, and give its URL, which its first line holds."""
    command = [*(program or [sys.executable, str(HERE / "canned_server.py")]), *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=process_environment()
    ) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://[\w.]+:\d+", process.stdout.readline())
            assert found is not None
            yield found[0]
        finally:
            process.kill()


def cpu_of(python: str, code: str) -> float:
    """Return the seconds of CPU of a whole process."""
    process = os.posix_spawn(python, [python, "-c", code], process_environment())
    _, status, usage = os.wait4(process, 0)
    if status != 0:
        raise ContenderFailedError(code)
    return usage.ru_utime + usage.ru_stime


def _ratio_to(unit: Sequence[float], values: Sequence[float]) -> list[float]:
    return sorted(value / base for value, base in zip(values, unit, strict=True))


def summary(ratios: Sequence[float]) -> dict[str, float]:
    """Return the median of ratios and the range that half of them lie in."""
    quarter = len(ratios) // 4
    return {"median": median(ratios), "low": ratios[quarter], "high": ratios[-1 - quarter]}


def measure(row: Row, rounds: int, path: Sequence[Path] = ()) -> dict[str, Any]:
    """Measure a row; each ratio is taken within one round, in which every contender has its turn.

    Returns:
        The seconds of CPU of the unit, and for each contender its ratio; for one that fails the reason.
    """
    everyone = [row.unit, *row.contenders]
    if row.bare is not None:
        return _measure_programs(row, row.bare, rounds)
    workers: dict[str, Worker] = {}
    failed: dict[str, str] = {}
    for each in everyone:
        try:
            workers[each.name] = Worker(each, python_of(each.environment), path)
        except ContenderFailedError as error:
            failed[each.name] = str(error)
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    calls = {each.name: each.calls for each in everyone}
    try:
        for index in range(rounds + 1):  # the first one warms up
            for name, worker in workers.items():
                found = worker.run()["cpu"] / calls[name]
                if index:
                    seconds[name].append(found)
    finally:
        for worker in workers.values():
            worker.close()
    return _result(row, seconds, failed)


def _measure_programs(row: Row, bare: Contender, rounds: int) -> dict[str, Any]:
    everyone = [bare, row.unit, *row.contenders]
    seconds: dict[str, list[float]] = {each.name: [] for each in everyone}
    pythons = {each.name: python_of(each.environment) for each in everyone}
    for index in range(rounds + 1):
        found = {each.name: cpu_of(pythons[each.name], each.code) for each in everyone}
        if index:
            for name, value in found.items():
                seconds[name].append(value - (0.0 if name == bare.name else found[bare.name]))
    return _result(row, seconds, {})


def _result(row: Row, seconds: dict[str, list[float]], failed: dict[str, str]) -> dict[str, Any]:
    unit = seconds[row.unit.name]
    ratios = {
        each.name: summary(_ratio_to(unit, seconds[each.name])) for each in row.contenders if each.name in seconds
    }
    return {
        "name": row.name,
        "unit": row.unit.name,
        "unit_seconds": median(unit),
        "goal": row.goal,
        "ratios": ratios,
        "failed": failed,
    }
