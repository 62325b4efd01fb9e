from __future__ import annotations

import base64
import gzip
import json
import os
import re
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from report_batches import fill, usual_items

from runflow_client import EvaluationRequest, open_journal
from runflow_client.batch.journals.journal import Journal, Outcome, Totals, Verdict
from runflow_client.batch.report import page
from runflow_client.batch.report.page import write_journal_report, write_report
from runflow_client.errors import InvalidRequestError, JournalError
from runflow_client.sandbox import Sandbox, sharp_picture


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a report, as its program reads them."""
    packed = re.findall(r'id="rows-\d+">([^<]*)<', path.read_text(encoding="utf-8"))
    return [row for block in packed for row in json.loads(gzip.decompress(base64.b64decode(block)))]


class Endless:
    """A journal of items that are made while they are read."""

    def __init__(self, verdicts: list[Verdict]) -> None:
        self._verdicts = verdicts

    def outcomes(self, batch_id: str) -> Iterator[Outcome]:
        for number, verdict in enumerate(self._verdicts):
            yield Outcome(f"{number}", verdict, evaluation='{"generation_prompt": "%s"}' % ("word " * 100))

    def totals(self, batch_id: str) -> Totals:
        return Totals()

    def batch_ids(self) -> list[str]:
        return ["default"]


def write(journal: Any, path: Path, **options: Any) -> page.ReportSummary:
    return write_journal_report(journal, path, batch_id="default", now=datetime(2026, 11, 25, tzinfo=UTC), **options)


def test_report_lists_items_and_thumbnails(tmp_path: Path) -> None:
    items = list(usual_items(30))
    images = tmp_path / "images"
    name = items[3][0]
    (images / name).parent.mkdir(parents=True)
    (images / name).write_bytes(sharp_picture())
    journal = fill(tmp_path / "journal", items)
    report = write_report(journal, tmp_path / "report.html", images=images)
    assert (report.items, report.listed, report.thumbnails) == (30, 30, 1)
    assert report.size == report.path.stat().st_size
    found = rows(report.path)
    assert {row["id"] for row in found} == {item[0] for item in items}
    assert [row["file"] for row in found if row.get("picture")] == [f"images/{name}"]
    verdicts = [row["verdict"] == "passed" for row in found]
    assert verdicts == sorted(verdicts)
    assert sorted(row["number"] for row in found) == list(range(30))
    assert "s3cr3t" not in report.path.read_text(encoding="utf-8") + json.dumps(found)


def test_picture_that_was_changed_is_not_shown(tmp_path: Path) -> None:
    names = ("a.png", "b.png", "c.png")
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(sharp_picture(number))
    requests = [EvaluationRequest(tmp_path / name, "headshot", item_id=name) for name in names]
    with Sandbox(evaluation_seconds=0).client() as client:
        list(client.evaluations.evaluate_many(requests, journal=tmp_path / "journal"))
    (tmp_path / "b.png").write_bytes(sharp_picture(9))
    (tmp_path / "c.png").unlink()
    report = write_report(tmp_path / "journal", tmp_path / "report.html")  # found beside the journal
    assert (report.thumbnails, report.changed, report.missing) == (1, 1, 1)
    found = {row["id"]: (row.get("image"), row.get("file"), row.get("picture")) for row in rows(report.path)}
    assert found == {
        "a.png": (None, "a.png", True),
        "b.png": ("changed", None, None),
        "c.png": ("missing", None, None),
    }
    text = report.path.read_text(encoding="utf-8")
    assert "1 image was changed after it was judged" in text and "No local file was found for 1 image." in text
    report = write_report(tmp_path / "journal", tmp_path / "report.html", images={"b.png": tmp_path / "b.png"})
    assert (report.thumbnails, report.changed, report.missing) == (0, 1, 2)


def test_items_that_have_not_ended_are_counted(tmp_path: Path) -> None:
    report = write_report(fill(tmp_path / "journal", usual_items(2), unfinished=3), tmp_path / "report.html")
    assert (report.items, report.in_progress, report.unknown) == (2, 3, 0)


def test_same_batch_gives_same_bytes(tmp_path: Path) -> None:
    journal = open_journal(fill(tmp_path / "journal", usual_items(20)))
    first, second = (write(journal, tmp_path / name) for name in ("a.html", "b.html"))
    journal.close()
    assert first.path.read_bytes() == second.path.read_bytes()


def test_report_is_written_while_batch_runs(tmp_path: Path) -> None:
    path = fill(tmp_path / "journal", usual_items(5))
    journal = open_journal(path)
    worker = journal.begin("default", account="account")
    worker.grant("another", digest="digest")
    report = write_report(path, tmp_path / "report.html")
    assert report.items == 5
    assert "1 more item is in progress" in report.path.read_text(encoding="utf-8")
    assert worker.fence("another")
    journal.close()


def test_other_batch_of_journal_is_chosen_by_id(tmp_path: Path) -> None:
    path = fill(fill(tmp_path / "journal", usual_items(5)), usual_items(3), batch_id="tuesday")
    assert write_report(path, tmp_path / "report.html", batch_id="tuesday").items == 3


@pytest.mark.parametrize(
    ("count", "found"),
    [
        (0, "it has none yet."),
        (2, "it has '0', '1': pass the batch_id= of one of them."),
        (12, "'8', '9', 2 more: pass the batch_id= of one of them."),
    ],
)
def test_missing_batch_is_refused_and_leaves_the_page(tmp_path: Path, count: int, found: str) -> None:
    journal = open_journal(tmp_path / "journal", create=True)
    for number in range(count):
        journal.begin(str(number), account="account")
    journal.close()
    (tmp_path / "report.html").write_text("earlier")
    with pytest.raises(JournalError, match=f"the journal has no batch 'default'; .*{re.escape(found)}"):
        write_report(tmp_path / "journal", tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == "earlier"


def test_missing_journal_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no such file"):
        write_report(tmp_path / "journal", tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("destination", ["missing/report.html", ".", "journal/report.html"])
def test_destination_that_cannot_be_written_is_refused(tmp_path: Path, destination: str) -> None:
    journal = fill(tmp_path / "journal", usual_items(2))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(
        InvalidRequestError, match="the report cannot be written to .*: choose another destination"
    ) as raised:
        write_report(journal, tmp_path / destination)
    assert raised.value.argument == "destination"
    assert sorted(tmp_path.iterdir()) == before


def test_device_is_not_replaced_by_a_report(tmp_path: Path) -> None:
    journal = fill(tmp_path / "journal", usual_items(2))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidRequestError, match="which is no regular file: choose another destination"):
        write_report(journal, tmp_path / "pipe")
    assert not (tmp_path / "pipe").is_file()


def test_link_to_a_report_stays(tmp_path: Path) -> None:
    journal = fill(tmp_path / "journal", usual_items(2))
    (tmp_path / "latest.html").symlink_to(tmp_path / "report.html")
    assert write_report(journal, tmp_path / "latest.html").path == tmp_path / "report.html"
    assert (tmp_path / "latest.html").is_symlink() and (tmp_path / "report.html").is_file()


def test_images_that_are_no_folder_are_refused(tmp_path: Path) -> None:
    journal = fill(tmp_path / "journal", usual_items(2))
    with pytest.raises(InvalidRequestError, match="images is '.*missing', which is no folder"):
        write_report(journal, tmp_path / "report.html", images=tmp_path / "missing")
    assert not (tmp_path / "report.html").exists()


def test_failed_write_keeps_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = open_journal(fill(tmp_path / "journal", usual_items(2)))
    target = tmp_path / "report.html"
    target.write_text("the old one")

    def interrupted(*arguments: object) -> None:
        assert any(path.name.endswith(".tmp") for path in tmp_path.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.copyfileobj", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(journal, target)
    journal.close()
    assert target.read_text() == "the old one"
    assert not any(path.name.endswith(".tmp") for path in tmp_path.iterdir())


def test_report_may_be_read_by_whom_umask_permits(tmp_path: Path) -> None:
    journal = fill(tmp_path / "journal", [])
    before = os.umask(0o022)
    try:
        path = write_report(journal, tmp_path / "report.html").path
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644


def test_gallery_lists_most_items_failures_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_ITEMS", 4)
    verdicts = [Verdict.PASSED] * 10 + [Verdict.REJECTED] * 3 + [Verdict.PASSED]
    report = write(Endless(verdicts), tmp_path / "report.html")
    assert (report.items, report.listed) == (14, 4)
    assert [row["verdict"] for row in rows(report.path)] == ["rejected"] * 3 + ["passed"]
    assert "lists 4 of 14 items" in report.path.read_text(encoding="utf-8")
    report = write(Endless([Verdict.REJECTED] * 9), tmp_path / "report.html")
    assert [row["number"] for row in rows(report.path)] == [0, 1, 2, 3]


def test_memory_does_not_grow_with_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_ITEMS", 500)
    peaks = []
    for count in (1_500, 6_000):
        write(Endless([Verdict.PASSED]), tmp_path / "report.html")  # what is loaded once does not count
        tracemalloc.start()
        write(Endless([Verdict.PASSED] * count), tmp_path / "report.html")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2 + 100_000


def test_journal_is_read_through_its_protocol_alone(tmp_path: Path) -> None:
    journal = open_journal(fill(tmp_path / "journal", usual_items(3)))

    class Reading:
        batch_ids, totals, outcomes = journal.batch_ids, journal.totals, journal.outcomes

    assert write(Reading(), tmp_path / "report.html").items == 3
    journal.close()


def test_missing_extra_is_named_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runflow_client.batch.report.document.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="the report needs jinja2"):
        write_report(tmp_path / "journal", tmp_path / "report.html")


def test_address_of_another_form_is_given_to_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def opening(address: str) -> Journal:
        opened.append(address)
        return open_journal(fill(tmp_path / "journal", usual_items(1), batch_id="b"))

    monkeypatch.setattr(page, "open_journal", opening)
    address = "postgresql://user:secret@db.example/runs?password=secret"
    report = write_report(address, tmp_path / "report.html", batch_id="b")
    assert opened == [address]
    text = report.path.read_text(encoding="utf-8")
    assert "secret" not in text and "<b>runs</b>" in text
