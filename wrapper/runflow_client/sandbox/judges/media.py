"""Reads the forms of an image in a request, and measures the image.

The sandbox never fetches anything: it reads an image that is in the request itself, as a `data:` URI, that was uploaded,
or that it was given a copy of.
"""

import base64
import binascii
import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate
from urllib.parse import unquote_to_bytes

from .._requirements import explain_missing_library

with explain_missing_library():
    from PIL import Image, ImageFilter, ImageStat

# Formats that Pillow reads by itself; for others, such as EPS, it would start another program.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_MAX_PIXELS = 50_000_000
# Blur is measured at this length of the longer side, so that fine grain does not decide on a large photograph.
_NORMAL_SIDE = 512
_DATA_URI = re.compile(r"data:(image/[\w.+-]+)((?:;[^;,]*)*),", re.IGNORECASE)
_ASSET = re.compile(r"runflow://assets/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


class InvalidMediaError(Exception):
    """The image cannot be judged; the message gives the reason for `check_summary`."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """The measurements of an image.

    Args:
        format: the name of the file format, such as `PNG`.
        width: in pixels.
        height: in pixels.
        sharpness: variance of the Laplacian over the variance of the brightness.
        darkest: the greatest brightness of the darkest hundredth of the pixels, from 0 to 1.
        brightest: the least brightness of the brightest twentieth of the pixels, from 0 to 1.
        contrast: standard deviation of the brightness, from 0 to 0.5.
    """

    format: str
    width: int
    height: int
    sharpness: float
    darkest: float
    brightest: float
    contrast: float


def is_image_source(source: str) -> bool:
    """Return whether a text has one of the three documented forms: https URL, asset reference, data URI of an image."""
    return is_https(source) or _ASSET.fullmatch(source) is not None or _DATA_URI.match(source) is not None


def is_https(source: str) -> bool:
    """Return whether an image source is an https URL."""
    return source[:8].lower() == "https://"


def referred_asset(source: str) -> str | None:
    """Return the id in an asset reference; None for the other forms."""
    match = _ASSET.fullmatch(source)
    return match and match[1]


def image_type(source: str) -> str | None:
    """Return the part after `image/` of a data URI's media type; None for the other forms."""
    match = _DATA_URI.match(source)
    return match[1].lower().removeprefix("image/").partition("+")[0] if match else None


def read_image(source: str) -> bytes:
    """Return the bytes of an image source.

    Raises:
        InvalidMediaError: the image is not in the source itself, or its encoding is broken.
    """
    match = _DATA_URI.match(source)
    if match is None:
        raise InvalidMediaError("The image is not in the request.")
    payload = source[match.end() :]
    if not match[2].lower().endswith(";base64"):
        return unquote_to_bytes(payload)
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidMediaError("The data URI is not valid base64.") from error


def measure(content: bytes) -> Measurements:
    """Decode an image and measure it.

    Raises:
        InvalidMediaError: the bytes are not a whole image of a known format, or it has more than 50 million pixels.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of a large image; `_measure` refuses it.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=_FORMATS) as image:
                return _measure(image)
    except InvalidMediaError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except Exception as error:  # the decoders raise errors of many types for damaged bytes
        raise InvalidMediaError("The bytes could not be decoded as an image.") from error


def _too_large() -> InvalidMediaError:
    return InvalidMediaError(f"The image has more than {_MAX_PIXELS:,} pixels.")


def _measure(image: Image.Image) -> Measurements:
    width, height = image.size
    if width * height > _MAX_PIXELS:
        raise _too_large()
    name = image.format or "unknown"
    # A JPEG may be decoded at a fraction of its size that is not below the size at which blur is measured.
    image.draft("RGB", (2 * _NORMAL_SIDE, 2 * _NORMAL_SIDE))
    grey = _as_grey(image)
    grey.thumbnail((_NORMAL_SIDE, _NORMAL_SIDE), Image.Resampling.LANCZOS)
    variance = ImageStat.Stat(grey).var[0]
    histogram = grey.histogram()
    return Measurements(
        format=name,
        width=width,
        height=height,
        sharpness=_laplacian_variance(grey) / variance if variance > 0 else 0.0,
        darkest=_brightness_at(histogram, 0.01),
        brightest=_brightness_at(histogram, 0.95),
        contrast=variance**0.5 / 255,
    )


def _as_grey(image: Image.Image) -> Image.Image:
    image.load()
    if image.mode.startswith(("I;16", "I")):
        # 16 bits a pixel: Pillow would clip them to 8 instead of scaling them down.
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        backed = Image.new("RGBA", image.size, "white")
        backed.alpha_composite(image.convert("RGBA"))
        return backed.convert("L")
    return image.convert("L")


def _laplacian_variance(grey: Image.Image) -> float:
    if min(grey.size) < 3:
        return 0.0
    # The outermost pixels have no neighbours on one side; the filter copies them as they are.
    edges = grey.filter(_LAPLACIAN).crop((1, 1, grey.width - 1, grey.height - 1))
    return float(ImageStat.Stat(edges).var[0])


def _brightness_at(histogram: list[int], share: float) -> float:
    """Return the brightness that this share of the pixels does not exceed."""
    total = sum(histogram)
    return next(level for level, seen in enumerate(accumulate(histogram)) if seen >= share * total) / 255
