from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import PICTURE, QUICK, Console

from runflow_client._extras import install_command
from runflow_client.batch.journals.journal import Totals
from runflow_client.batch.journals.stored.journal import StoredJournal
from runflow_client.sandbox import sharp_picture
from runflow_client.sandbox.faults import refuse


@pytest.fixture
def evaluated(runflow: Console, folder: Path) -> Console:
    (folder / "photos").mkdir()
    (folder / "photos" / "a.png").write_bytes(PICTURE)
    assert runflow("batch", "photos", "--task-type", "headshot", *QUICK).status == 0
    return runflow


def test_command_that_a_batch_names_writes_its_report(evaluated: Console, folder: Path) -> None:
    done = evaluated("report", "photos.journal.db", "--images", "photos")
    assert (done.status, done.out) == (0, "report.html\n")
    assert done.err.startswith("1 item, 1 picture, ") and done.err.count("\n") == 1
    assert (folder / "report.html").read_text().startswith("<!doctype html>")


def test_pictures_of_a_folder_are_found_without_an_option(evaluated: Console, folder: Path) -> None:
    assert evaluated("report", "photos.journal.db").err.startswith("1 item, 1 picture, ")


def test_json_has_all_counts(evaluated: Console, folder: Path) -> None:
    [record] = evaluated("report", "photos.journal.db", "-o", "page.html", "--images", "photos", "--json").records
    assert record == {
        "path": "page.html",
        "items": 1,
        "listed": 1,
        "thumbnails": 1,
        "changed": 0,
        "missing": 0,
        "in_progress": 0,
        "unknown": 0,
        "size": (folder / "page.html").stat().st_size,
    }


def test_pictures_that_are_not_shown_are_told(evaluated: Console, folder: Path) -> None:
    (folder / "photos" / "a.png").write_bytes(sharp_picture(1))
    done = evaluated("report", "photos.journal.db")
    assert "1 picture not shown: the file was changed after it was judged" in done.err
    (folder / "photos" / "a.png").unlink()
    done = evaluated("report", "photos.journal.db")
    assert "1 picture not shown: no file was found; --images names the folder of the images" in done.err
    assert evaluated("report", "photos.journal.db", "--images", "photos").err.endswith("no file was found\n")


def test_items_that_have_not_ended_are_told(evaluated: Console, folder: Path) -> None:
    evaluated.sandbox.faults.always(refuse(503), on=("GET", "/v1/evaluations/*-*-*-*-*"))
    (folder / "photos" / "b.png").write_bytes(sharp_picture(1))
    evaluated("batch", "photos", "--task-type", "headshot", "--timeout", "0.2", *QUICK)
    assert "1 item in progress: run the batch again" in evaluated("report", "photos.journal.db").err


def test_batch_that_is_not_there_leaves_the_old_report(evaluated: Console, folder: Path) -> None:
    evaluated("report", "photos.journal.db")
    before = (folder / "report.html").read_bytes()
    done = evaluated("report", "photos.journal.db", "--batch-id", "other")
    assert (done.status, done.out) == (3, "")
    assert (
        done.err == "runflow: the journal has no batch 'other'; it has 'default': pass the --batch-id of one of them.\n"
    )
    assert (folder / "report.html").read_bytes() == before


def test_items_with_unknown_outcome_are_told(evaluated: Console, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoredJournal, "totals", lambda *ignored: Totals(unknown=2))
    done = evaluated("report", "photos.journal.db")
    assert "2 items with an unknown outcome: `runflow resolve photos.journal.db` lists them" in done.err


@pytest.mark.parametrize("output", ["r.jsonl", "r.csv"])
def test_results_file_names_the_pictures_of_items(evaluated: Console, folder: Path, output: str) -> None:
    (folder / "shots.csv").write_text("item_id,image\norder 17,photos/a.png\norder 18,https://a.example/b.png\n")
    done = evaluated("batch", "shots.csv", "--task-type", "headshot", "-o", output, *QUICK)
    assert done.err.splitlines()[-1] == f"To look at it: runflow report shots.journal.db --images {output}"
    assert "1 picture not shown: no file was found" in evaluated("report", "shots.journal.db").err
    done = evaluated("report", "shots.journal.db", "--images", output)
    assert done.err.startswith("2 items, 1 picture, ") and done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("images", "reason"), [("gone", "there is no 'gone'"), ("photo.png", "'photo.png' is neither a folder nor")]
)
def test_images_that_cannot_be_read_are_told(evaluated: Console, images: str, reason: str) -> None:
    done = evaluated("report", "photos.journal.db", "--images", images)
    assert (done.status, done.err.count("\n")) == (3, 1) and reason in done.err


def test_report_is_not_written_to_stdout(evaluated: Console, folder: Path) -> None:
    done = evaluated("report", "photos.journal.db", "-o", "-")
    assert (done.status, done.out) == (3, "") and "name it, as in -o report.html" in done.err
    assert not (folder / "-").exists()


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


def test_report_without_pillow_says_so(evaluated: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runflow_client.cli.commands.report.find_spec", lambda name: None)
    assert "no pictures: Pillow is not installed" in evaluated("report", "photos.journal.db").err
