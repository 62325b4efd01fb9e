"""`runflow batch` that is interrupted or killed, and typed again: one charge, one outcome and one line an item."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import start, wait_until
from journal_runs import Machine, in_process
from sandbox_process import KEY, ServerProcess, server_process

from runflow_client import open_journal
from runflow_client.batch.journals import opening
from runflow_client.batch.journals.journal import Totals
from runflow_client.cli.main import main
from runflow_client.cli.results.files import ResultsFile
from runflow_client.sandbox import Sandbox, SandboxServer
from runflow_client.sandbox.faults import delay

IMAGES = [f"https://images.example.com/{number}" for number in range(12)]
COMMAND = ("batch", "shots.csv", "--task-type", "headshot", "-o", "r.jsonl", "--in-flight", "4", "--poll-every", "0.05")


@pytest.fixture
def slow_server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=0.3)) as server:
        server.sandbox.outcomes.decide = lambda submission: "passed"
        yield server


@pytest.fixture
def shots(folder: Path) -> Path:
    (folder / "shots.csv").write_text("image\n" + "\n".join(IMAGES) + "\n")
    return folder


def lines(folder: Path) -> list[bytes]:
    path = folder / "r.jsonl"
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []


def totals(folder: Path) -> Totals:
    with closing(open_journal(folder / "shots.journal.db")) as journal:
        return journal.totals("default")


def items(folder: Path) -> Counter[str]:
    return Counter(json.loads(line)["item_id"] for line in lines(folder))


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize("written", [0, 3, 9])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_batch_goes_on_without_a_second_charge(
    slow_server: SandboxServer, shots: Path, written: int, number: int, status: int
) -> None:
    process = start(slow_server, COMMAND, cwd=shots)
    wait_until(lambda: slow_server.sandbox.evaluations > 0 and len(lines(shots)) >= written)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (status, "")
    assert "Traceback" not in err
    first, reason, command = err.splitlines()[-3:]
    assert first.startswith("Interrupted after ") and " of 12 items: " in first
    assert "is not billed again" in reason
    assert command == f"  runflow {' '.join(COMMAND)}"
    assert max(items(shots).values(), default=1) == 1
    again = start(slow_server, COMMAND, cwd=shots)
    assert again.communicate(timeout=60)[0] == ""
    assert again.returncode == 0
    assert items(shots) == Counter(IMAGES)
    assert slow_server.sandbox.evaluations == len(slow_server.sandbox.charges) == len(IMAGES)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_interrupted_batch_tells_how_many_are_in_progress(shots: Path) -> None:
    with SandboxServer(Sandbox(evaluation_seconds=3600)) as server:
        process = start(server, COMMAND, cwd=shots)
        wait_until(lambda: server.sandbox.evaluations == 4 and totals(shots).submitted == 4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert err.startswith("Interrupted after 0 of 12 items: ")
    assert err.splitlines()[0].endswith("; 4 in progress.")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_submits_without_a_response_are_not_in_progress(shots: Path) -> None:
    with SandboxServer(Sandbox()) as server:
        server.sandbox.faults.always(delay(3600), on=("POST", "/v1/evaluations"))
        process = start(server, COMMAND, cwd=shots)
        wait_until(lambda: (shots / "shots.journal.db").exists() and totals(shots).granted == 4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert err.splitlines()[0].endswith("; 4 submits without a response.")


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere the lease of the dead process must end first"
)
@pytest.mark.parametrize("written", [0, 3, 9])
def test_killed_batch_goes_on_at_once(slow_server: SandboxServer, shots: Path, written: int) -> None:
    process = start(slow_server, COMMAND, cwd=shots)
    wait_until(lambda: slow_server.sandbox.evaluations > 0 and len(lines(shots)) >= written)
    process.kill()
    process.communicate(timeout=30)
    again = start(slow_server, COMMAND, cwd=shots)
    assert again.communicate(timeout=60)[0] == ""
    assert again.returncode == 0
    assert items(shots) == Counter(IMAGES)
    assert slow_server.sandbox.evaluations == len(slow_server.sandbox.charges) == len(IMAGES)


def run(server: ServerProcess, folder: Path, *, kill_at: int | None = None, seconds: float = 1000.0) -> int:
    """Run a batch of three items in a process of its own, and return its exit status.

    Args:
        server: the server.
        folder: the current folder.
        kill_at: the number of the point at which the process kills itself; None for none. The names of the points that it
            reached are written to a file.
        seconds: of its boot clock.
    """
    log = folder / "points"
    log.unlink(missing_ok=True)

    def at_point(name: str) -> None:
        with log.open("a") as file:
            file.write(f"{name}\n")
        if kill_at is not None and len(log.read_text().splitlines()) > kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def command() -> None:
        os.chdir(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RUNFLOW_BASE_URL", server.url)
            patch.setenv("RUNFLOW_API_KEY", KEY)
            clock = Machine(seconds=seconds)
            patch.setattr(opening, "open_file", partial(opening.open_file, clock=clock))
            _watch(patch, at_point)
            status = main(["batch", "shots.csv", "--task-type", "headshot", "-o", "r.jsonl", "--poll-every", "0.01"])
            assert status == 0, status

    return in_process(command)


def _watch(patch: pytest.MonkeyPatch, at_point: Any) -> None:
    """Have a function called before, within and after each write of a line, and before and after a file is renewed."""
    write, replace = ResultsFile._put, os.replace

    def watched_write(results: ResultsFile, line: bytes) -> None:
        at_point("before a line")
        results._file.write(line[:20])
        at_point("within a line")
        write(results, line[20:])
        at_point("after a line")

    def watched_replace(*names: Any) -> None:
        at_point("before the file is renewed")
        replace(*names)
        at_point("after the file is renewed")

    patch.setattr(ResultsFile, "_put", watched_write)
    patch.setattr(os, "replace", watched_replace)


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with server_process(evaluation_seconds=0, price="0.05") as server:
        yield server


def test_batch_killed_at_any_point_has_one_line_an_item(server: ServerProcess, folder: Path) -> None:
    def prepare(name: str) -> Path:
        place = folder / name
        place.mkdir()
        (place / "shots.csv").write_text("image\n" + "\n".join(IMAGES[:3]) + "\n")
        (place / "r.jsonl").write_text(f'{{"item_id":"{IMAGES[0]}","outcome":"error"}}\n')  # to be taken out
        return place

    whole = prepare("whole")
    assert run(server, whole) == 0
    names = (whole / "points").read_text().splitlines()
    assert len(names) == 11
    for point, name in enumerate(names):
        place = prepare(str(point))
        before = server.state()["charges"]
        assert run(server, place, kill_at=point) == -signal.SIGKILL
        assert run(server, place, seconds=1100.0) == 0
        assert items(place) == Counter(IMAGES[:3]), name
        assert all(line.endswith(b"\n") for line in lines(place)), name
        assert server.state()["charges"] - before == 3, name
        assert {path.name for path in place.iterdir()} >= {"r.jsonl", "shots.journal.db"}
