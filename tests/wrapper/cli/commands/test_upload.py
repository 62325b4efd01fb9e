from __future__ import annotations

from pathlib import Path

from commands import QUICK, Console


def test_reference_of_an_upload_can_be_evaluated(runflow: Console) -> None:
    done = runflow("upload", "photo.png")
    assert done.status == 0
    assert done.out.startswith("runflow://assets/")
    assert runflow("evaluate", done.out.strip(), "--task-type", "headshot", *QUICK).status == 0


def test_json_has_one_asset_for_each_file(runflow: Console) -> None:
    done = runflow("upload", "photo.png", "photo.png", "--json")
    assert [record["mime_type"] for record in done.records] == ["image/png", "image/png"]


def test_file_that_is_no_image_needs_its_type(runflow: Console, folder: Path) -> None:
    (folder / "notes.txt").write_text("notes")
    refused = runflow("upload", "notes.txt")
    assert refused.status == 3 and "--mime-type" in refused.err
    # The sandbox takes images only, and says so of the type that it was sent.
    assert "mime_type" in runflow("upload", "notes.txt", "--mime-type", "text/plain").err


def test_missing_file_ends_before_any_upload(runflow: Console) -> None:
    done = runflow("upload", "photo.png", "gone.png")
    assert (done.status, done.out) == (3, "")
    assert "'gone.png'" in done.err
    assert runflow.sandbox.requests == []
