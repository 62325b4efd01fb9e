"""The report of mutation testing; mutmut itself needs its own environment and an hour, and does not run here."""

from __future__ import annotations

import fnmatch
import json
import re
import tomllib
from pathlib import Path

import pytest

from scripts.testing import mutation
from scripts.testing.mutation import Mutant

REASON = {"where": "flows/* wait", "changes": [r"^- a\n\+ b$"], "why": "Either is right."}


def mutant(number: int, status: str, change: str = "") -> Mutant:
    return Mutant(f"m__mutmut_{number}", "flows/polling.py", "wait", status, change)


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(mutation, "DOCS", tmp_path)
    monkeypatch.setattr(mutation, "WORK", tmp_path / "raw")
    (tmp_path / "reasons.toml").write_text(
        "[[reason]]\nwhere = 'flows/* wait'\nchanges = ['''^- a\\n\\+ b$''']\nwhy = 'Either is right.'\n",
        encoding="utf-8",
    )
    return tmp_path


def test_function_name_is_read_from_mutant_name() -> None:
    assert mutation.function_of("runflow_client.flows.base.retrying.x_exchange__mutmut_12") == "exchange"
    assert (
        mutation.function_of("runflow_client.flows.base.policies.xǁRetryPolicyǁpause__mutmut_3") == "RetryPolicy.pause"
    )
    assert mutation.function_of("runflow_client.runtime.files.uploads.x__media_type__mutmut_3") == "_media_type"


def test_change_keeps_only_changed_lines_of_diff() -> None:
    diff = "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n def f():\n-    return -1\n+    return +1\n"
    assert mutation.change_of(diff) == "- return -1\n+ return +1"


def test_reason_matches_survivor_by_place_and_change() -> None:
    assert mutation.reason_of(mutant(1, "survived", "- a\n+ b"), [REASON]) == "Either is right."
    assert mutation.reason_of(mutant(1, "survived", "- a\n+ c"), [REASON]) is None
    elsewhere = Mutant("m", "policies.py", "wait", "survived", "- a\n+ b")
    assert mutation.reason_of(elsewhere, [REASON]) is None


@pytest.mark.parametrize(
    ("statuses", "ends_with"),
    [
        (["killed"] * 17 + ["survived"] * 3, 0),
        (["killed"] * 16 + ["survived"] * 4, 1),
        (["timeout"] * 17 + ["no tests"] * 3, 0),
    ],
)
def test_fewer_than_85_percent_killed_fails(docs: Path, statuses: list[str], ends_with: int) -> None:
    mutants = [
        mutant(number, status, "" if status in mutation.KILLED else "- a\n+ b")
        for number, status in enumerate(statuses)
    ]
    assert mutation.report(mutants) == ends_with
    assert f"of {len(mutants)} mutants" in (docs / "README.md").read_text(encoding="utf-8")


def test_survivor_without_reason_fails_and_is_printed(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mutants = [mutant(number, "killed") for number in range(99)]
    assert mutation.report([*mutants, mutant(100, "survived", "- x\n+ y")]) == 1
    assert "survived: m__mutmut_100\n- x\n+ y" in capsys.readouterr().out
    assert "NO REASON" in (docs / "README.md").read_text(encoding="utf-8")


def test_report_writes_every_mutant_as_json_line(docs: Path) -> None:
    mutation.report([mutant(1, "killed"), mutant(2, "survived", "- a\n+ b")])
    rows = [json.loads(line) for line in (docs / "raw" / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["status"] for row in rows] == ["killed", "survived"]
    assert "change" not in rows[0]
    assert rows[1]["change"] == "- a\n+ b"


def test_page_lists_survivors_below_their_reason(docs: Path) -> None:
    mutation.report([mutant(1, "killed"), mutant(2, "survived", "- a\n+ b")])
    text = (docs / "README.md").read_text(encoding="utf-8")
    assert "**50.0 %** of 2 mutants" in text
    assert "| flows/polling.py | 2 | 1 | 1 | 50.0 |" in text
    assert "### Either is right. (1)\n\n`flows/polling.py` `wait`\n\n```diff\n- a\n+ b\n```" in text


def test_staging_again_resets_test_statistics_and_keeps_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutation, "WORK", tmp_path)
    group = mutation.Group(
        modules=("flows/base/policies.py",), tests=("flows/base/test_policies.py",), without=("one", "two")
    )
    folder = mutation.stage("some", group)
    assert (folder / "src" / "runflow_client" / "flows" / "base" / "policies.py").exists()
    assert (folder / "tests" / "wrapper" / "flows/base/test_policies.py").exists()
    assert (folder / "selection").read_text(encoding="utf-8") == "tests\n-k\nnot one and not two"
    found, stats = folder / "mutants" / "src" / "policies.py.meta", folder / "mutants" / "mutmut-stats.json"
    found.parent.mkdir(parents=True)
    found.write_text("{}", encoding="utf-8")
    stats.write_text('{"duration_by_test": {"test_a": 1.0}, "stats_time": 2.0}', encoding="utf-8")
    mutation.stage("some", group)
    assert json.loads(stats.read_text(encoding="utf-8")) == {"duration_by_test": {}, "stats_time": 2.0}
    assert found.exists()


def mutants_of(page: str) -> list[Mutant]:
    """Read the mutants back from the page: the survivors with their changes, the killed ones from the table."""
    survivors = re.findall(r"^`(\S+)` `(\S+)`\n\n```diff\n(.*?)\n```", page, re.MULTILINE | re.DOTALL)
    killed = re.findall(r"^\| (\S+\.py) \| \d+ \| (\d+) \|", page, re.MULTILINE)
    return [
        *(
            Mutant(f"survivor {number}", *survivor[:2], "survived", survivor[2])
            for number, survivor in enumerate(survivors)
        ),
        *(Mutant("killed", module, "", "killed") for module, count in killed for _ in range(int(count))),
    ]


def test_committed_page_and_reasons_agree() -> None:
    page = (mutation.DOCS / "README.md").read_text(encoding="utf-8")
    reasons = tomllib.loads((mutation.DOCS / "reasons.toml").read_text(encoding="utf-8"))["reason"]
    mutants = mutants_of(page)
    survivors = [one for one in mutants if not one.is_killed]
    assert [one for one in survivors if mutation.reason_of(one, reasons) is None] == []
    assert [reason for reason in reasons if not any(mutation.reason_of(one, [reason]) for one in survivors)] == []
    assert mutation.page(mutants, reasons) == page


def test_every_reason_names_existing_modules() -> None:
    root = mutation.ROOT / "wrapper" / "runflow_client"
    modules = [path.relative_to(root).as_posix() for path in root.rglob("*.py")]
    reasons = tomllib.loads((mutation.DOCS / "reasons.toml").read_text(encoding="utf-8"))["reason"]
    patterns = {reason["where"].split()[0].removesuffix("(module)") for reason in reasons}
    assert [pattern for pattern in patterns if not fnmatch.filter(modules, pattern)] == []


def test_every_group_names_existing_modules_and_tests() -> None:
    for group in mutation.GROUPS.values():
        for pattern in group.modules:
            assert list((mutation.ROOT / "wrapper" / "runflow_client").glob(pattern)), pattern
        text = ""
        for test in group.tests:
            path = mutation.ROOT / "tests" / "wrapper" / test
            assert path.exists(), test
            files = path.rglob("test_*.py") if path.is_dir() else [path]
            text += "".join(file.read_text(encoding="utf-8") for file in files)
        assert [name for name in group.without if name not in text] == []
