"""The file formats of images: which can be decoded, and in how much memory."""

import re
from collections.abc import Mapping

from .._requirements import explain_missing_library

with explain_missing_library():
    from PIL import Image, JpegImagePlugin

# Formats that Pillow reads by itself; for others, such as EPS, it would start another program.
DECODED = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
# Bytes that a decoder may need, so that the server stays below 250 MB whatever the image.
_MEMORY = 150_000_000
# Bytes a pixel at the peak of decoding, measured. Those of the other formats depend on the image.
_BYTES: Mapping[str, float] = {"AVIF": 14.0, "TIFF": 12.0, "WEBP": 18.0}
_BYTES_OF_ANIMATIONS = 20.0
_ONE_BYTE = {"1", "L", "P"}
# The first bytes of files of formats, those that cannot be decoded among them.
_SIGNATURES: tuple[tuple[str, bytes], ...] = (
    ("PNG", rb"\x89PNG"),
    ("JPEG", rb"\xff\xd8\xff"),
    ("GIF", rb"GIF8"),
    ("WebP", rb"RIFF....WEBP"),
    ("BMP", rb"BM"),
    ("TIFF", rb"II\*\x00|MM\x00\*"),
    ("AVIF", rb"....ftyp(?:avif|avis)"),
    ("HEIC", rb"....ftyp(?:heic|heix|hevc|hevx|heim|heis|mif1|msf1)"),
    ("a video", rb"....ftyp"),
    ("JPEG XL", rb"\xff\x0a|\x00\x00\x00\x0cJXL "),
    ("JPEG 2000", rb"\xff\x4f\xff\x51|\x00\x00\x00\x0cjP  "),
    ("Photoshop", rb"8BPS"),
    ("an icon", rb"\x00\x00[\x01\x02]\x00"),
    ("PostScript", rb"%!PS"),
    ("PDF", rb"%PDF"),
    ("SVG", rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg"),
    ("an HTML page", rb"\s*<(?:!doctype )?html"),
    ("JSON", rb"\s*[{\[]\s*[\"{\[]"),
)
_NAMES = "AVIF, BMP, GIF, JPEG, PNG, TIFF and WebP"


def describe_undecodable(head: bytes) -> str:
    """Say in a sentence why bytes could not be decoded, by the format that they begin like."""
    if not head:
        return "There are no bytes that could be decoded as an image."
    for name, pattern in _SIGNATURES:
        if re.match(pattern, head, re.DOTALL | re.IGNORECASE):
            if name.upper() in DECODED:
                return f"The image is {name}, but could not be decoded: it is damaged or incomplete."
            return f"The file is {name}, which the sandbox cannot decode; it decodes {_NAMES}."
    return f"The bytes could not be decoded as an image; the sandbox decodes {_NAMES}."


def fits_in_memory(image: Image.Image) -> bool:
    """Return whether an opened image can be decoded within the sandbox's memory."""
    return _bytes_per_pixel(image) * image.width * image.height <= _MEMORY


def _bytes_per_pixel(image: Image.Image) -> float:
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        # A progressive JPEG is kept as coefficients of two bytes until its last scan; colour is sampled more coarsely.
        samples: list[tuple[int, int]] = [(horizontal, vertical) for _, horizontal, vertical, _ in image.layer]
        finest = max(horizontal for horizontal, _ in samples) * max(vertical for _, vertical in samples)
        return 2 * sum(horizontal * vertical for horizontal, vertical in samples) / finest
    if getattr(image, "is_animated", False):
        return _BYTES_OF_ANIMATIONS
    if image.format is not None and image.format in _BYTES:
        return _BYTES[image.format]
    return 1.0 if image.mode in _ONE_BYTE else 2.0 if image.mode.startswith("I;16") else 4.0
