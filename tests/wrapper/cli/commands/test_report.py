from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import PICTURE, QUICK, Console

from runflow_client._extras import install_command


@pytest.fixture
def evaluated(runflow: Console, folder: Path) -> Console:
    (folder / "photos").mkdir()
    (folder / "photos" / "a.png").write_bytes(PICTURE)
    assert runflow("batch", "photos", "--task-type", "headshot", *QUICK).status == 0
    return runflow


def test_command_that_a_batch_names_writes_its_report(evaluated: Console, folder: Path) -> None:
    done = evaluated("report", "photos.journal.db", "--images", "photos")
    assert (done.status, done.out) == (0, "report.html\n")
    assert done.err.startswith("1 item, ")
    assert (folder / "report.html").read_text().startswith("<!doctype html>")


def test_json_names_the_page_and_its_size(evaluated: Console, folder: Path) -> None:
    [record] = evaluated("report", "photos.journal.db", "-o", "page.html", "--images", "photos", "--json").records
    size = (folder / "page.html").stat().st_size
    assert record == {"path": "page.html", "items": 1, "listed": 1, "thumbnails": 1, "size": size}


def test_journal_that_is_not_there_is_not_made(runflow: Console, folder: Path) -> None:
    done = runflow("report", "gone.db")
    assert (done.status, done.out) == (3, "")
    assert "there is no journal 'gone.db'" in done.err
    assert not (folder / "gone.db").exists()


def test_report_without_its_extra_names_it(evaluated: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    done = evaluated("report", "photos.journal.db")
    assert done.status == 3
    assert install_command("report", "jinja2") in done.err and done.err.count("\n") == 1
