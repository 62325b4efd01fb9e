from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from runflow_client.batch.report.pictures.files import ImageFiles
from runflow_client.batch.report.pictures.thumbnails import Thumbnails, link_to_file
from runflow_client.sandbox import sharp_picture

PLENTY = 10_000_000
PICTURE = sharp_picture()
OTHER_PICTURE = sharp_picture(1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = tmp_path / "images"
    (images / "sub").mkdir(parents=True)
    (images / "a.png").write_bytes(PICTURE)
    (images / "sub" / "b.png").write_bytes(OTHER_PICTURE)
    (tmp_path / "outside.png").write_bytes(PICTURE)
    return images


def thumbnails_of(folder: Path, most_bytes: int, items: int) -> Thumbnails:
    return Thumbnails(ImageFiles(folder), most_bytes, items)


def made(thumbnails: Thumbnails, *item_ids: str) -> list[str]:
    return [picture.thumbnail for picture in thumbnails.of_items((item_id, None) for item_id in item_ids)]


def decoded(thumbnail: str) -> Image.Image:
    return Image.open(BytesIO(base64.b64decode(thumbnail)))


def test_thumbnail_is_small_and_keeps_proportions(folder: Path) -> None:
    thumbnails = thumbnails_of(folder, PLENTY, 2)
    a, b = made(thumbnails, "a.png", "sub/b.png")
    assert a != b and thumbnails.made == 2
    assert decoded(a).format == "WEBP" and decoded(a).size == (400, 300)


@pytest.mark.parametrize(("share", "side"), [(20_000, 400), (8_000, 280), (1_000, 180)])
def test_thumbnails_of_many_images_are_smaller(folder: Path, share: int, side: int) -> None:
    (thumbnail,) = made(thumbnails_of(folder, share * 1_000, 1_000), "a.png")
    assert decoded(thumbnail).width == side


def test_thumbnails_end_when_bytes_are_filled(folder: Path) -> None:
    (first,) = made(thumbnails_of(folder, PLENTY, 1), "a.png")
    thumbnails = thumbnails_of(folder, int(2.5 * len(first)), 0)
    found = made(thumbnails, "a.png", "missing.png", "a.png", "a.png", "missing.png", "a.png")
    assert [bool(thumbnail) for thumbnail in found] == [True, False, True, False, False, False]
    assert (thumbnails.made, thumbnails.left_out) == (2, 2)
    assert made(thumbnails, "a.png") == [""]
    assert thumbnails.left_out == 3


def test_large_image_is_left_out(folder: Path) -> None:
    Image.new("1", (10_000, 6_500)).save(folder / "large.png")
    assert made(thumbnails_of(folder, PLENTY, 1), "large.png") == [""]


def test_photograph_is_turned_upright_and_loses_metadata(folder: Path) -> None:
    photograph = Image.open(folder / "a.png").convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "a camera"
    photograph.save(folder / "photo.jpg", exif=exif)
    (thumbnail,) = made(thumbnails_of(folder, PLENTY, 1), "photo.jpg")
    assert decoded(thumbnail).size == (300, 400)
    assert not decoded(thumbnail).getexif() and b"a camera" not in base64.b64decode(thumbnail)


@pytest.mark.parametrize("mode", ["P", "LA", "CMYK", "I;16", "1", "RGBA"])
def test_every_mode_of_image_is_converted(folder: Path, mode: str) -> None:
    Image.new(mode, (50, 40)).save(folder / "image.tif")
    (thumbnail,) = made(thumbnails_of(folder, PLENTY, 1), "image.tif")
    assert decoded(thumbnail).size == (50, 40)


@pytest.mark.parametrize("item_id", ["missing.png", "bad.png"])
def test_image_that_is_gone_or_damaged_has_no_thumbnail(folder: Path, item_id: str) -> None:
    (folder / "bad.png").write_bytes(PICTURE[:2_000])
    thumbnails = thumbnails_of(folder, PLENTY, 1)
    assert made(thumbnails, item_id) == [""]
    assert thumbnails.made == 0


def test_states_of_files_are_counted(folder: Path) -> None:
    thumbnails = thumbnails_of(folder, PLENTY, 1)
    pictures = list(thumbnails.of_items([("a.png", "0" * 32), ("gone.png", "0" * 32), ("a.png", None)]))
    assert [bool(picture.thumbnail) for picture in pictures] == [False, False, True]
    assert thumbnails.states == {"changed": 1, "missing": 1, "uncompared": 1}


def test_link_is_relative_and_encoded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert link_to_file(folder / "a b?#%.png", folder.parent / "report.html") == "images/a%20b%3F%23%25.png"
    assert link_to_file(folder / "a.png", folder / "sub" / "report.html") == "../a.png"

    def other_drive(*arguments: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr("os.path.relpath", other_drive)
    assert link_to_file(folder / "a.png", folder / "report.html") == ""
