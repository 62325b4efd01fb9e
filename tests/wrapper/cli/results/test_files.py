from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runflow_client.cli.base.statuses import CommandError
from runflow_client.cli.results.files import ResultsFile
from runflow_client.cli.results.lines import CSVLines, JSONLines
from runflow_client.cli.results.records import FINAL, Record, record_of

ENDINGS = ("jsonl", "csv")


def record(item_id: str, outcome: str = "passed") -> Record:
    return {**record_of(None, item_id=item_id, image=item_id, whole=False), "outcome": outcome}


def write(path: Path, records: Sequence[tuple[str, str]], final: frozenset[str] = FINAL) -> int:
    results = ResultsFile(path, final)
    try:
        return sum(results.write(record(item_id, outcome)) for item_id, outcome in records)
    finally:
        results.close()


def content(path: Path) -> list[tuple[str, str]]:
    lines = CSVLines() if path.suffix == ".csv" else JSONLines()
    found = path.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") for line in found)
    assert found[: len(lines.head.splitlines())] == lines.head.splitlines(keepends=True)
    return [lines.decode(line)[:2] for line in found[len(lines.head.splitlines()) :]]


@pytest.mark.parametrize("ending", ENDINGS)
def test_second_run_adds_only_what_is_missing(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"r.{ending}"
    assert write(path, [("a", "passed"), ("b", "rejected"), ("a", "passed")]) == 2
    assert write(path, [("b", "rejected"), ("c", "failed"), ("a", "passed")]) == 1
    assert content(path) == [("a", "passed"), ("b", "rejected"), ("c", "failed")]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("outcome", ["error", "pending"])
def test_final_line_is_not_replaced_by_one_without(tmp_path: Path, ending: str, outcome: str) -> None:
    path = tmp_path / f"r.{ending}"
    write(path, [("a", "passed"), ("b", "failed")])
    results = ResultsFile(path)
    assert not results.write({**record("a", outcome), "evaluation_id": "another"})
    assert results.write({**record("b", "passed"), "evaluation_id": "another"})
    results.close()
    assert content(path) == [("a", "passed"), ("b", "passed")]


@pytest.mark.parametrize("ending", ENDINGS)
def test_killed_run_leaves_the_later_line_of_an_item(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"r.{ending}"
    write(path, [("a", "passed"), ("b", "passed")])
    killed = ResultsFile(path)
    assert killed.write({**record("a", "rejected"), "evaluation_id": "another"})
    assert content(path) == [("a", "passed"), ("b", "passed"), ("a", "rejected")]
    killed._file.close()
    write(path, [])
    assert content(path) == [("b", "passed"), ("a", "rejected")]


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=60, deadline=None)
@given(
    outcomes=st.lists(st.sampled_from(["passed", "rejected", "failed", "error", "pending"]), min_size=1, max_size=6),
    cut=st.floats(0, 1),
)
def test_file_cut_at_any_byte_is_whole_after_next_run(ending: str, outcomes: list[str], cut: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"r.{ending}"
        items = [(f"item {number}", outcome) for number, outcome in enumerate(outcomes)]
        write(path, items)
        with path.open("rb+") as file:
            file.truncate(round(cut * path.stat().st_size))
        ended = [(item_id, outcome if outcome in FINAL else "passed") for item_id, outcome in items]
        write(path, ended)
        assert sorted(content(path)) == sorted(ended)
        assert os.listdir(folder) == [path.name]


def test_lines_of_items_taken_up_again_are_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    write(path, [("a", "passed"), ("b", "error"), ("c", "failed")])
    os.chmod(path, 0o640)
    assert write(path, [("b", "passed"), ("c", "failed")]) == 1
    assert content(path) == [("a", "passed"), ("c", "failed"), ("b", "passed")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert write(path, [("c", "rejected")], final=FINAL - {"failed"}) == 1
    assert content(path) == [("a", "passed"), ("b", "passed"), ("c", "rejected")]


@pytest.mark.parametrize("ending", ENDINGS)
def test_lines_of_other_items_stay_and_are_counted(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"r.{ending}"
    write(path, [("a", "passed"), ("b \ud83d", "passed"), ("c", "error")])
    results = ResultsFile(path)
    assert results.count_others({"a"}.__contains__) == 1
    assert results.count_others({"a", "b \ud83d", "b ?"}.__contains__) == 0
    results.close()
    assert len(content(path)) == 2


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("other", [b"hello", b"hello\n", b"\x00\x01\n", b'{"a": 1}\n', b"a,b\n1,2\n"])
def test_file_that_is_something_else_is_left_alone(tmp_path: Path, ending: str, other: bytes) -> None:
    path = tmp_path / f"r.{ending}"
    path.write_bytes(other)
    with pytest.raises(CommandError, match="nothing was written to it"):
        ResultsFile(path)
    assert path.read_bytes() == other


def test_file_of_another_process_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    code = (
        "import sys; from pathlib import Path; from runflow_client.cli.results.files import ResultsFile\n"
        "file = ResultsFile(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"open\n"
        with pytest.raises(CommandError, match="another process writes to"):
            ResultsFile(path)
        process.communicate(b"")
    assert write(path, [("a", "passed")]) == 1


def test_file_renewed_between_open_and_lock_is_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.jsonl"
    write(path, [("a", "passed")])
    renewals = [lambda: os.replace(tmp_path / "new", path), path.unlink]
    (tmp_path / "new").write_bytes(path.read_bytes())
    opened = os.open

    def renew(*arguments: Any) -> int:
        handle = opened(*arguments)
        if renewals and arguments[0] == path:
            renewals.pop(0)()
        return handle

    monkeypatch.setattr(os, "open", renew)
    assert write(path, [("a", "passed"), ("b", "passed")]) == 2
    assert content(path) == [("a", "passed"), ("b", "passed")]


def test_failed_renewal_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.jsonl"
    write(path, [("a", "passed"), ("b", "error")])
    before = path.read_bytes()

    def refuse(*ignored: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        ResultsFile(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["r.jsonl"]


def test_device_is_no_results_file() -> None:
    with pytest.raises(CommandError, match="- for stdout"):
        ResultsFile(Path(os.devnull))


def test_file_that_cannot_grow_is_mended_by_next_run(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    results = ResultsFile(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(CommandError, match="is the disk full"):
            results.write(record("a"))
        with pytest.raises(OSError, match="too large"):
            results.write(record("b"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        results.close()
    assert path.stat().st_size == 10
    assert write(path, [("a", "passed")]) == 1
    assert content(path) == [("a", "passed")]
