from __future__ import annotations

import io
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from commands import QUICK, environment
from rich.console import Console
from terminals import run_in_terminal

from runflow_client.batch.outcomes import Totals
from runflow_client.cli.terminal.progress import PlainProgress, progress_on
from runflow_client.cli.terminal.rich_progress import RichProgress
from runflow_client.cli.terminal.screen import Screen
from runflow_client.cli.terminal.words import duration, pace, tally
from runflow_client.sandbox import Sandbox, SandboxServer


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def totals(passed: int, **changes: Any) -> Totals:
    return Totals(passed=passed, spent=Decimal("0.05") * passed, rate=2.0, seconds_left=75.0, **changes)


def test_log_gets_a_line_each_half_minute_and_finally() -> None:
    stream, clock = io.StringIO(), Clock()
    with PlainProgress(stream, 10, is_terminal=False, now=clock) as progress:
        for number in range(1, 10):
            clock.seconds += 10
            progress.submitted()
            progress.update(totals(number))
        progress.update(totals(10))
    assert [line.partition(",")[0] for line in stream.getvalue().splitlines()] == [
        "3 of 10",
        "6 of 10",
        "9 of 10",
        "10 of 10",
    ]


def test_plain_terminal_has_one_line_that_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream, clock = io.StringIO(), Clock()
    with PlainProgress(stream, 10, is_terminal=True, now=clock) as progress:
        progress.update(totals(1))
        progress.update(totals(2))  # too soon
        clock.seconds += 1
        progress.update(totals(3))
    first, second, end = (
        stream.getvalue()[1:].partition("\r")[0],
        stream.getvalue().rpartition("\r")[2][:-1],
        stream.getvalue()[-1],
    )
    assert (len(first), len(second), end) == (59, 59, "\n")
    assert first.startswith("1 of 10, 2.0/s, 1:15 left: 1 passed")
    assert second.startswith("3 of 10")


def test_progress_without_an_outcome_writes_nothing() -> None:
    stream = io.StringIO()
    with PlainProgress(stream, 10, is_terminal=True):
        pass
    assert stream.getvalue() == ""


def test_words_of_totals() -> None:
    assert tally(totals(1)) == "1 passed, 0 rejected, 0 failed; 0.05 credits spent"
    assert tally(totals(1, undecided=2, errors=3, over_budget=4)) == (
        "1 passed, 0 rejected, 2 undecided, 0 failed, 3 with an error, 4 over the budget; 0.05 credits spent"
    )
    assert pace(Totals(rate=0.5)) == "30.0/min"
    assert [duration(seconds) for seconds in (0.4, 61, 3661)] == ["0:00", "1:01", "1:01:01"]


def test_stream_that_is_no_terminal_gets_lines() -> None:
    screen = Screen(stdout=io.StringIO(), stderr=io.StringIO())
    assert isinstance(progress_on(screen, 1, has_results=True), PlainProgress)


@pytest.fixture
def slow_server() -> Any:
    with SandboxServer(Sandbox(evaluation_seconds=lambda number: 0.5 + 0.1 * number)) as server:
        server.sandbox.outcomes.decide = lambda submission: "rejected" if submission.number % 2 else "passed"
        yield server


def shots(folder: Path) -> None:
    (folder / "shots.csv").write_text("image\n" + "".join(f"https://a.example/{number}\n" for number in range(6)))


COMMAND = ("batch", "shots.csv", "--task-type", "headshot", *QUICK)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudoterminals")
def test_terminal_shows_bar_counts_and_time_left(slow_server: SandboxServer, folder: Path) -> None:
    shots(folder)
    status, screen, seen = run_in_terminal([*COMMAND, "-o", "r.jsonl"], environment(slow_server), folder)
    assert status == 1
    assert "submitted" in seen
    assert re.search(r"\d of 6", seen) and "left" in seen
    assert "\x1b[32m3" in seen and "\x1b[31m3" in seen
    assert screen.splitlines()[0] == "6 items: 3 passed, 3 rejected, 0 failed; 0.30 credits spent."


def test_terminal_shows_items_over_the_budget_if_there_are_any() -> None:
    def shown(**changes: Any) -> str:
        console = Console(file=io.StringIO(), force_terminal=True, width=100)
        progress = RichProgress(console, 5)
        progress.update(totals(1, **changes))
        console.print(progress._render())
        return re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())

    assert "4 over the budget  0.05 credits spent" in shown(over_budget=4)
    assert "over the budget" not in shown()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudoterminals")
def test_results_on_a_terminal_stand_above_the_bar(slow_server: SandboxServer, folder: Path) -> None:
    shots(folder)
    _, screen, _ = run_in_terminal(list(COMMAND), environment(slow_server), folder)
    rows = [line for line in screen.splitlines() if line.strip()]
    assert sorted(line.split()[0] for line in rows[:6]) == ["passed"] * 3 + ["rejected"] * 3
    assert rows[6].startswith("6 items: ")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudoterminals")
def test_dumb_terminal_gets_no_escape_sequences(slow_server: SandboxServer, folder: Path) -> None:
    shots(folder)
    variables = {**environment(slow_server), "TERM": "dumb"}
    _, _, seen = run_in_terminal([*COMMAND, "-o", "r.jsonl"], variables, folder)
    assert "\x1b" not in seen
    assert "6 of 6" in seen


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudoterminals")
def test_evaluate_shows_on_a_terminal_what_it_waits_for(slow_server: SandboxServer, folder: Path) -> None:
    arguments = ["evaluate", "photo.png", "--task-type", "headshot", *QUICK]
    status, screen, seen = run_in_terminal(arguments, environment(slow_server), folder)
    assert (status, "waiting for 1 verdict" in seen) == (0, True)
    assert screen.split()[0] == "passed" and "waiting" not in screen
