"""The media type of an image, detected from the first bytes of its file.

The brands of an ISO base media file stand in its `ftyp` box (ISO/IEC 14496-12, 4.3). Those of HEIF images are listed in
ISO/IEC 23008-12, those of AVIF in https://aomediacodec.github.io/av1-avif/.
"""

from __future__ import annotations

HEAD_SIZE = 1_024
"""Bytes that are read for the detection; an `ftyp` box of that size lists 252 compatible brands."""
_TEXT_SIZE = 64

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),  # BigTIFF, as the next
    (b"MM\x00+", "image/tiff"),
)
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "image/heic"),
    **dict.fromkeys((b"mif1", b"msf1", b"miaf"), "image/heif"),
}
_BITMAP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_HEIF_FAMILY = frozenset({"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"})
DETECTED = frozenset({*(kind for _, kind in _SIGNATURES), *_BRANDS.values(), "image/webp", "image/bmp"})
"""The media types that `detect` returns."""


def detect(head: bytes) -> str | None:
    """Return the media type of an image from the first bytes of its file, None for anything but a known image."""
    head = head[:HEAD_SIZE]
    if is_text(head):  # a text may begin with "BM" or "GIF89a"
        return None
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADER_SIZES:
        return "image/bmp"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _kind_of_brands(head)
    return None


def _kind_of_brands(head: bytes) -> str | None:
    """Return the media type for the brands of an `ftyp` box: size, name, major brand, version, compatible brands."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[offset : offset + 4] for offset in range(16, end, 4))]
    kinds = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    # mif1, msf1 and miaf stand for the container only. AVIF and HEIC files have them too, also as their major brand.
    return next((kind for kind in kinds if kind != "image/heif"), kinds[0] if kinds else None)


def is_compatible(declared: str, detected: str | None) -> bool:
    """Return whether a declared media type, in lower case, may stand for content of the detected one."""
    return declared == detected or (declared in _HEIF_FAMILY and detected in _HEIF_FAMILY)


def is_text(head: bytes) -> bool:
    """Return whether the first bytes of a file are printable text, in UTF-8 or another extension of ASCII."""
    text = head[:_TEXT_SIZE].decode("utf-8", "ignore")  # the last character may be cut
    return bool(text) and text.translate({9: None, 10: None, 13: None}).isprintable()


def describe_other(head: bytes) -> str:
    """Return in words what a file that is no known image begins with."""
    for start, what in ((b"%PDF", "it begins like a PDF document"), (b"PK\x03\x04", "it begins like a ZIP archive")):
        if head.startswith(start):
            return what
    if head.lstrip()[:1] == b"<":
        return "it begins like HTML, SVG or XML text"
    return "it begins like text" if is_text(head) else "its first bytes are of no known kind"
