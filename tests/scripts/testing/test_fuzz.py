"""The script that runs the fuzzer; the fuzzer itself has an environment of its own and does not run here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.testing import fuzz

LOG = """INFO: Running with entropic power schedule (0xFF, 100).
#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 50Mb
#4096\tpulse  cov: 120 ft: 340 corp: 17/900b lim: 43 exec/s: 2048 rss: 60Mb
"""
FINDING = """
 === Uncaught Python exception: ===
ValueError: Invalid URL
Traceback (most recent call last):
  File "evaluations.py", line 3, in _page

==123== ERROR: libFuzzer: fuzz target exited
MS: 1 ChangeByte-; base unit: 00
Base64: AAAA
Test unit written to crash-1
stat::number_of_executed_units: 77
"""


def test_figures_come_from_last_log_line_and_final_statistics() -> None:
    whole = fuzz.figures(LOG + "stat::number_of_executed_units: 100000\n")
    assert re.split(r" {2,}", whole.strip()) == ["100,000 cases", "120 edges", "340 features", "17 inputs kept"]
    assert fuzz.figures(LOG).strip().startswith("4,096 cases")
    assert fuzz.figures("Killed").strip().startswith("0 cases")


def test_finding_shows_exception_and_input_file() -> None:
    lines = list(fuzz.finding(LOG + FINDING))
    assert lines[0].strip() == "=== Uncaught Python exception: ==="
    assert "ValueError: Invalid URL" in lines
    assert lines[-1] == "Test unit written to crash-1"
    assert not any(line.startswith(("stat::", "MS:", "Base64")) for line in lines)


def test_dictionary_holds_contract_fields_in_libfuzzer_format(tmp_path: Path) -> None:
    assert {b'"overall_passed":', b'"completed"', b"data:image/png;base64,"} <= set(fuzz.words())
    fuzz.write_dictionary(tmp_path / "words")
    lines = (tmp_path / "words").read_text(encoding="ascii").splitlines()
    assert len(lines) > 100
    assert [line for line in lines if not re.fullmatch(r'"(\\x[0-9a-f]{2})+"', line)] == []


def test_target_starts_from_own_corpus_and_earlier_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "WORK", tmp_path)
    options = fuzz.options_of("callback_bodies", 500, 7)
    assert {"-runs=500", "-seed=7"} <= set(options)
    assert options[-2:] == [str(tmp_path / "corpus" / "callback_bodies"), str(fuzz.CORPUS / "callback_bodies")]
    assert (tmp_path / "findings" / "callback_bodies").is_dir()


def test_unknown_target_is_rejected_with_list_of_targets(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        fuzz.main(["--target", "tea_leaves"])
    assert caught.value.code == 2
    assert "no such target: tea_leaves (there are: " in capsys.readouterr().err


def test_failing_target_fails_run_and_other_targets_continue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stand_in(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        name = command[3]
        (tmp_path / f"{name}.log").write_text(
            LOG + (FINDING if name == "evaluation_responses" else ""), encoding="utf-8"
        )
        return subprocess.CompletedProcess(command, 77 if name == "evaluation_responses" else 0)

    monkeypatch.setattr(fuzz, "WORK", tmp_path)
    monkeypatch.setattr(fuzz.subprocess, "run", stand_in)
    assert fuzz.main(["--target", "evaluation_responses", "--target", "retry_after"]) == 1
    printed = capsys.readouterr().out
    assert [line.split()[:2] for line in printed.splitlines() if line.startswith(("ok", "FAILED"))] == [
        ["FAILED", "evaluation_responses"],
        ["ok", "retry_after"],
    ]
    assert "ValueError: Invalid URL" in printed
    assert "1 targets failed: evaluation_responses" in printed


def test_help_works_without_fuzzer() -> None:
    done = subprocess.run([sys.executable, fuzz.__file__, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "--cases" in done.stdout


def test_targets_load_from_another_folder(tmp_path: Path) -> None:
    code = (
        f"import runpy; names = runpy.run_path({fuzz.__file__!r}); names['targets'](); "
        "import scripts.generator.refusals"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
