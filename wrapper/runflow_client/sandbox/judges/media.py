"""The forms an image may be handed over in, and what of it can be measured.

The sandbox never fetches anything: only an image that is in the request itself, as a `data:` URI, or that was uploaded
to the sandbox, can be seen.
"""

import base64
import binascii
import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate
from urllib.parse import unquote_to_bytes

from .._requirements import sandbox_extra

with sandbox_extra():
    from PIL import Image, ImageFilter, ImageStat

# Formats that Pillow reads by itself; others, such as EPS, would start another program.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_MAX_PIXELS = 50_000_000
# Blur is judged at this size of the longer side, so that a large photograph is not called soft for its fine grain.
_NORMAL_SIDE = 512
_DATA_URI = re.compile(r"data:(image/[\w.+-]+)((?:;[^;,]*)*),", re.IGNORECASE)
_ASSET = re.compile(r"runflow://assets/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


class InvalidMediaError(Exception):
    """The image cannot be judged; the text says why, in words for `check_summary`."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """What was measured on an image.

    Args:
        format: the name of the file format, such as `PNG`.
        width: in pixels.
        height: in pixels.
        sharpness: strength of the finest edges over the strength of all differences in brightness.
        darkest: brightness from 0 to 1 under which the darkest hundredth of the picture lies.
        brightest: brightness from 0 to 1 over which the brightest twentieth of the picture lies.
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
    """Tell whether a text has one of the three documented forms: https URL, asset reference, data URI of an image."""
    return (
        source[:8].lower() == "https://" or _ASSET.fullmatch(source) is not None or _DATA_URI.match(source) is not None
    )


def referred_asset(source: str) -> str | None:
    """Give the id in an asset reference; None for the other forms."""
    match = _ASSET.fullmatch(source)
    return match and match[1]


def image_type(source: str) -> str | None:
    """Give the part after `image/` of a data URI's media type; None for the other forms."""
    match = _DATA_URI.match(source)
    return match[1].lower().removeprefix("image/").partition("+")[0] if match else None


def read_image(source: str) -> bytes:
    """Give the bytes of an image source.

    Raises:
        InvalidMediaError: the image is not in the source itself, or its encoding is broken.
    """
    match = _DATA_URI.match(source)
    if match is None:
        raise InvalidMediaError("The sandbox fetches nothing from the network; send the image itself, or upload it.")
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
            # Pillow warns of an image that is somewhat too large; `_measure` refuses it.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=_FORMATS) as image:
                return _measure(image)
    except InvalidMediaError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except Exception as error:  # decoders raise whatever breaks first on damaged bytes
        raise InvalidMediaError("The bytes could not be decoded as an image.") from error


def _too_large() -> InvalidMediaError:
    return InvalidMediaError(f"The image has more than {_MAX_PIXELS:,} pixels.")


def _measure(image: Image.Image) -> Measurements:
    width, height = image.size
    if width * height > _MAX_PIXELS:
        raise _too_large()
    name = image.format or "unknown"
    # A JPEG may be decoded at a fraction of its size, as long as that stays above what blur is judged at.
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
    """Give the brightness under which this share of the pixels lies."""
    total = sum(histogram)
    return next(level for level, seen in enumerate(accumulate(histogram)) if seen >= share * total) / 255
