from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from runflow_client.batch.report.thumbnails import Thumbnails
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


def decoded(thumbnail: str) -> Image.Image:
    return Image.open(BytesIO(base64.b64decode(thumbnail)))


def test_thumbnail_is_small_and_keeps_proportions(folder: Path) -> None:
    thumbnails = Thumbnails(folder, PLENTY, 2)
    a, b = thumbnails.of_items(["a.png", "sub/b.png"])
    assert a != b and thumbnails.made == 2
    assert decoded(a).format == "WEBP" and decoded(a).size == (400, 300)


@pytest.mark.parametrize(("share", "side"), [(20_000, 400), (8_000, 280), (1_000, 180)])
def test_thumbnails_of_many_images_are_smaller(folder: Path, share: int, side: int) -> None:
    (thumbnail,) = Thumbnails(folder, share * 1_000, 1_000).of_items(["a.png"])
    assert decoded(thumbnail).width == side


@pytest.mark.parametrize(
    "item_id",
    [
        "../outside.png",
        "link.png",
        "/etc/hostname",
        "missing.png",
        "sub",
        "bad.png",
        "\0",
        "x" * 5_000,
        "",
        "loop/a.png",
        "0",
    ],
)
def test_nothing_outside_folder_or_undecodable_is_read(folder: Path, item_id: str) -> None:
    (folder / "link.png").symlink_to(folder.parent / "outside.png")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "bad.png").write_bytes(PICTURE[:2_000])
    thumbnails = Thumbnails(folder, PLENTY, 1)
    assert list(thumbnails.of_items([item_id])) == [""]
    assert thumbnails.made == 0


def test_absolute_path_outside_folder_is_not_read(folder: Path) -> None:
    outside = str(folder.parent / "outside.png")
    assert list(Thumbnails(folder, PLENTY, 1).of_items([outside])) == [""]
    (inside,) = Thumbnails(folder, PLENTY, 1).of_items([str(folder / "a.png")])
    assert inside


def test_without_folder_paths_are_those_of_caller(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "sub")
    thumbnails = Thumbnails(None, PLENTY, 3)
    assert all(thumbnails.of_items(["b.png", "../a.png", str(folder.parent / "outside.png")]))


def test_thumbnails_end_when_bytes_are_filled(folder: Path) -> None:
    (first,) = Thumbnails(folder, PLENTY, 1).of_items(["a.png"])
    thumbnails = Thumbnails(folder, int(2.5 * len(first)), 0)
    made = list(thumbnails.of_items(["a.png", "missing.png", "a.png", "a.png", "missing.png", "a.png"]))
    assert [bool(thumbnail) for thumbnail in made] == [True, False, True, False, False, False]
    assert (thumbnails.made, thumbnails.left_out) == (2, 2)
    assert list(thumbnails.of_items(["a.png"])) == [""]
    assert thumbnails.left_out == 3


def test_large_image_is_left_out(folder: Path) -> None:
    Image.new("1", (10_000, 6_500)).save(folder / "large.png")
    assert list(Thumbnails(folder, PLENTY, 1).of_items(["large.png"])) == [""]


def test_photograph_is_turned_upright_and_loses_metadata(folder: Path) -> None:
    photograph = Image.open(folder / "a.png").convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "a camera"
    photograph.save(folder / "photo.jpg", exif=exif)
    (thumbnail,) = Thumbnails(folder, PLENTY, 1).of_items(["photo.jpg"])
    assert decoded(thumbnail).size == (300, 400)
    assert not decoded(thumbnail).getexif() and b"a camera" not in base64.b64decode(thumbnail)


@pytest.mark.parametrize("mode", ["P", "LA", "CMYK", "I;16", "1", "RGBA"])
def test_every_mode_of_image_is_converted(folder: Path, mode: str) -> None:
    Image.new(mode, (50, 40)).save(folder / "image.tif")
    (thumbnail,) = Thumbnails(folder, PLENTY, 1).of_items(["image.tif"])
    assert decoded(thumbnail).size == (50, 40)


def test_link_is_relative_and_encoded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a b?#%.png").write_bytes(b"")
    thumbnails = Thumbnails(folder, PLENTY, 1)
    assert thumbnails.link("a b?#%.png", folder.parent / "report.html") == "images/a%20b%3F%23%25.png"
    assert thumbnails.link("a.png", folder / "sub" / "report.html") == "../a.png"
    assert thumbnails.link("missing.png", folder.parent / "report.html") == ""

    def other_drive(*arguments: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr("os.path.relpath", other_drive)
    assert thumbnails.link("a.png", folder / "report.html") == ""
