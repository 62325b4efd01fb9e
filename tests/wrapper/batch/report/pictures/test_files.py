from __future__ import annotations

import os
from pathlib import Path

import pytest

from runflow_client.batch.journals.content import image_digest
from runflow_client.batch.report.pictures.files import ImageFile, ImageFiles
from runflow_client.errors import InvalidRequestError
from runflow_client.runtime.files.images import INLINE_LIMIT, load
from runflow_client.sandbox import sharp_picture

PICTURE = sharp_picture()
LARGE = PICTURE + bytes(INLINE_LIMIT)
NONE = ImageFile(None, "none")


def digest_of(content: bytes) -> str:
    return str(image_digest(load(content, "image")))[:32]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = tmp_path / "images"
    (images / "sub").mkdir(parents=True)
    (images / "a.png").write_bytes(PICTURE)
    (images / "sub" / "b.png").write_bytes(LARGE)
    (tmp_path / "outside.png").write_bytes(PICTURE)
    return images


@pytest.mark.parametrize(
    "item_id",
    ["../outside.png", "link.png", "/etc/hostname", "missing.png", "sub", "\0", "x" * 5_000, "", "loop/a.png", "0"],
)
def test_nothing_outside_folder_is_found(folder: Path, item_id: str) -> None:
    (folder / "link.png").symlink_to(folder.parent / "outside.png")
    (folder / "loop").symlink_to(folder / "loop")
    assert ImageFiles(folder).find(item_id, None) == NONE
    assert ImageFiles(folder).find(item_id, "0" * 32) == ImageFile(None, "missing")


def test_absolute_path_outside_folder_is_not_found(folder: Path) -> None:
    assert ImageFiles(folder).find(str(folder.parent / "outside.png"), None) == NONE
    assert ImageFiles(folder).find(str(folder / "a.png"), None).path == folder / "a.png"


def test_folder_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidRequestError, match="images is '.*a.png', which is no folder"):
        ImageFiles(folder / "a.png")


@pytest.mark.parametrize(("item_id", "content"), [("a.png", PICTURE), ("sub/b.png", LARGE)])
def test_file_is_found_while_it_is_what_was_judged(folder: Path, item_id: str, content: bytes) -> None:
    files, digest = ImageFiles(folder), digest_of(content)
    assert files.find(item_id, digest) == ImageFile(folder / item_id, "same")
    for other in (sharp_picture(1), LARGE + b"x", b"no image", b""):
        (folder / item_id).write_bytes(other)
        assert files.find(item_id, digest) == ImageFile(None, "changed")
    (folder / item_id).unlink()
    assert files.find(item_id, digest) == ImageFile(None, "missing")


def test_file_that_cannot_be_read_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may read every file
    assert ImageFiles(folder).find("a.png", digest_of(PICTURE)) == ImageFile(None, "missing")


def test_image_named_by_address_is_shown_only_if_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ImageFiles(folder).find("a.png", None) == ImageFile(folder / "a.png", "uncompared")
    monkeypatch.chdir(folder)
    assert ImageFiles(None).find("a.png", None) == NONE


def test_without_folder_paths_are_those_of_caller(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "sub")
    files, digest = ImageFiles(None), digest_of(PICTURE)
    for item_id in ("../a.png", str(folder.parent / "outside.png")):
        assert files.find(item_id, digest) == ImageFile(Path(item_id), "same")


def test_files_are_found_beside_the_journal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = folder / "sub" / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.png").write_bytes(sharp_picture(1))
    monkeypatch.chdir(elsewhere)
    digest = digest_of(PICTURE)
    assert ImageFiles(None).find("a.png", digest) == ImageFile(None, "changed")
    (folder.parent / "shots").symlink_to(folder)
    for journal in (folder / "any.db", folder.parent / "images.journal.db", folder.parent / "shots.journal.db"):
        files = ImageFiles(None, journal)
        assert files.find("a.png", digest) == ImageFile(folder / "a.png", "same")
        assert files.find("../../outside.png", digest) == ImageFile(None, "missing")


def test_file_of_each_item_can_be_named(folder: Path) -> None:
    files = ImageFiles({"order-17": folder / "a.png", "order-18": str(folder / "gone.png")})
    assert files.find("order-17", digest_of(PICTURE)) == ImageFile(folder / "a.png", "same")
    assert files.find("order-17", None) == ImageFile(folder / "a.png", "uncompared")
    assert files.find("order-18", digest_of(PICTURE)) == ImageFile(None, "missing")
    assert files.find(str(folder / "a.png"), None) == NONE
