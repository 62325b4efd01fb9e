"""Media types by signature and by the brands of the ftyp box, and texts that begin like an image."""

from __future__ import annotations

import struct

import pytest

from runflow_client.runtime.files.media_types import DETECTED, HEAD_SIZE, describe_other, detect, is_compatible

PNG = b"\x89PNG\r\n\x1a\n"


def ftyp(*brands: bytes) -> bytes:
    """Return an ftyp box: the first brand is the major one, the others are compatible."""
    return struct.pack(">I4s4sI", 12 + 4 * len(brands), b"ftyp", brands[0], 0) + b"".join(brands[1:])


def bitmap(header_size: int) -> bytes:
    return b"BM" + struct.pack("<IHHII", 100, 0, 0, 14 + header_size, header_size)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a\x01\0", "image/gif"),
        (b"GIF89a\x01\0", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"II+\0\x08\0\0\0", "image/tiff"),
        (b"MM\0+\0\x08\0\0", "image/tiff"),
        (b"RIFF\x1a\0\0\0WEBP", "image/webp"),
        (b"RIFF\x1a\0\0\0WAVE", None),
        (b"LIST\x1a\0\0\0WEBP", None),
        (b"", None),
        (b"\0", None),
    ],
)
def test_signature_determines_media_type(head: bytes, kind: str | None) -> None:
    assert detect(head) == kind
    assert detect(head + bytes(100)) == kind
    assert kind is None or kind in DETECTED


@pytest.mark.parametrize("size", [12, 16, 40, 52, 56, 64, 108, 124])
def test_bitmap_with_known_header_size_is_detected(size: int) -> None:
    assert detect(bitmap(size)) == "image/bmp"
    assert detect(bitmap(size)[:-1] + b"\1") is None
    assert detect(b"X" + bitmap(size)[1:]) is None


@pytest.mark.parametrize("head", [b"BM", b"BM\0\0", bitmap(41), bitmap(40)[:14]])
def test_bitmap_without_known_header_size_is_no_image(head: bytes) -> None:
    assert detect(head) is None


@pytest.mark.parametrize(
    ("brands", "kind"),
    [
        ((b"avif",), "image/avif"),
        ((b"avis", b"msf1", b"mif1", b"miaf"), "image/avif"),
        ((b"mif1", b"mif1", b"avif", b"miaf"), "image/avif"),
        ((b"miaf", b"avis"), "image/avif"),
        ((b"avif", b"heic"), "image/avif"),
        ((b"heic", b"avif"), "image/heic"),
        ((b"mif1", b"mif1", b"heic"), "image/heic"),
        ((b"msf1", b"mif1", b"hevc"), "image/heic"),
        ((b"heic",), "image/heic"),
        ((b"heix",), "image/heic"),
        ((b"heim",), "image/heic"),
        ((b"heis",), "image/heic"),
        ((b"hevc",), "image/heic"),
        ((b"hevx",), "image/heic"),
        ((b"hevm",), "image/heic"),
        ((b"hevs",), "image/heic"),
        ((b"mif1",), "image/heif"),
        ((b"msf1", b"iso8"), "image/heif"),
        ((b"miaf", b"mif1"), "image/heif"),
        ((b"xxxx", b"yyyy", b"miaf"), "image/heif"),
        ((b"isom", b"isom", b"mp42"), None),
        ((b"isom", *[b"mp42"] * 250, b"avif"), "image/avif"),
        ((b"isom", *[b"mp42"] * 252, b"avif"), None),
    ],
)
def test_major_and_compatible_brands_determine_media_type(brands: tuple[bytes, ...], kind: str | None) -> None:
    assert detect(ftyp(*brands) + bytes(2_000)) == kind


def test_brand_outside_ftyp_box_is_ignored() -> None:
    assert detect(ftyp(b"mif1", b"miaf") + b"avif") == "image/heif"
    assert detect(b"\0\0\0\x10ftypisom\0\0\0\0avif") is None
    assert detect(b"\0\0\0\x14ftypisomavifmp42") is None, "a version of the major brand is not a brand"


def test_ftyp_box_cut_by_end_of_file_is_read() -> None:
    assert detect(b"\0\0\1\0ftypmif1\0\0\0\0avif") == "image/avif"
    assert detect(b"\0\0\1\0ftyp") is None


@pytest.mark.parametrize(
    "text",
    [
        b"BM",
        b"BMW makes cars",
        b"BM\r\n\tis a bitmap",
        b"GIF89a",
        b"GIF89a is an image format",
        b"GIF87a\r\nis older",
        b"GIF89a f\xc3\xbcr alle",
        b"GIF89a f\xfcr alle",
        b"GIF89a " + b"x" * 56 + "ü".encode(),
        b"RIFF and WEBP",
        b"The ftypheic box",
    ],
)
def test_text_that_begins_like_an_image_is_none(text: bytes) -> None:
    assert detect(text) is None
    assert describe_other(text) == "it begins like text"


def test_text_after_an_image_header_does_not_matter() -> None:
    assert detect(b"GIF89a" + b"\x01\0" + b"text" * 100) == "image/gif"


@pytest.mark.parametrize(
    ("declared", "detected", "compatible"),
    [
        ("image/png", "image/png", True),
        ("image/png", "image/gif", False),
        ("image/heic", "image/heif", True),
        ("image/heif", "image/heic", True),
        ("image/heic-sequence", "image/heic", True),
        ("image/heif-sequence", "image/heic", True),
        ("image/heif", "image/avif", False),
        ("image/avif", "image/heif", False),
        ("image/heic", None, False),
    ],
)
def test_heic_and_heif_are_one_family(declared: str, detected: str | None, compatible: bool) -> None:
    assert is_compatible(declared, detected) is compatible


def test_detection_reads_no_byte_beyond_head() -> None:
    brands = [b"mp42"] * ((HEAD_SIZE - 16) // 4)
    assert detect(ftyp(b"isom", *brands[1:], b"avif")) == "image/avif"
    assert detect(ftyp(b"isom", *brands, b"avif")) is None
