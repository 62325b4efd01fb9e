"""Decodes an image and measures it."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from statistics import median
from typing import BinaryIO

from .._requirements import explain_missing_library
from .formats import DECODED, describe_undecodable, fits_in_memory
from .measuring import Measured, measure_grey
from .sources import InvalidMediaError

with explain_missing_library():
    from PIL import ExifTags, Image

# A large image is first reduced to at most twice this length of the longer side, strip by strip, and measured at it.
_NORMAL_SIDE = 512
_STRIP_PIXELS = 1_000_000
# Of an animation, so many frames are measured, and no more pixels than these are decoded to reach them.
_FRAMES = 5
_FRAME_PIXELS = 200_000_000
_THUMBNAIL_SIDE = 240
# By the values of the tag for the orientation in Exif.
_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Measurements:
    """The measurements of an image.

    Args:
        format: the name of the file format, such as `PNG`.
        width: in pixels.
        height: in pixels.
        frames: how many frames were measured; each measured value is the median over them.
        measured: what was measured.
        thumbnail: a small JPEG of the image.
    """

    format: str
    width: int
    height: int
    frames: int
    measured: Measured
    thumbnail: bytes = field(repr=False, compare=False)


def measure(file: BinaryIO) -> Measurements:
    """Decode an image and measure it.

    Raises:
        InvalidMediaError: the bytes are not a whole image of a known format, or decoding it takes too much memory.
    """
    head = file.read(1000)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            # Pillow warns of damaged metadata, of large images and more. None of it decides whether an image is judged.
            warnings.simplefilter("ignore")
            with Image.open(file, formats=DECODED) as image:
                return _measure(image)
    except InvalidMediaError:
        raise
    except Image.DecompressionBombError as error:
        raise InvalidMediaError("The image has too many pixels to be decoded in the sandbox.") from error
    except Exception as error:  # the decoders raise errors of many types for damaged bytes
        raise InvalidMediaError(describe_undecodable(head)) from error


def _measure(image: Image.Image) -> Measurements:
    width, height = image.size
    if not fits_in_memory(image):
        text = f"The {image.format} image has too many pixels to be decoded in the sandbox: {width} x {height}."
        raise InvalidMediaError(text)
    name = image.format or "unknown"
    # A JPEG may be decoded at a fraction of its size that is not below the size at which blur is measured.
    image.draft("RGB", (2 * _NORMAL_SIDE, 2 * _NORMAL_SIDE))
    orientation = _orientation(image)
    frames = [_reduced(frame) for frame in _frames(image)]
    measured = [_measure_frame(frame) for frame in frames]
    return Measurements(
        format=name,
        width=width,
        height=height,
        frames=len(frames),
        measured=Measured(*(median(values) for values in zip(*measured, strict=True))),
        thumbnail=_thumbnail(frames[len(frames) // 2], orientation),
    )


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    """Yield the frames that are measured: those that divide an animation evenly, else the one there is."""
    count = min(getattr(image, "n_frames", 1), max(1, _FRAME_PIXELS // (image.width * image.height)))
    for number in sorted({index * (count - 1) // (_FRAMES - 1) for index in range(_FRAMES)}):
        if number:
            image.seek(number)
        yield image


def _reduced(image: Image.Image) -> Image.Image:
    """Return an image in RGB or RGBA, reduced by a whole factor to no less than twice the size of measuring.

    It is converted in strips, because a second copy of a large image at its full size takes too much memory.
    """
    image.load()
    factor = max(1, max(image.size) // (2 * _NORMAL_SIDE))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    size = (-(-image.width // factor), -(-image.height // factor))
    reduced = Image.new(mode, size)
    rows = factor * max(1, _STRIP_PIXELS // (image.width * factor))
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        reduced.paste(_in_eight_bits(strip).convert(mode).reduce(factor), (0, top // factor))
    return reduced


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16 bits a pixel down to 8; Pillow's own conversion would clip them."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    return image


def _measure_frame(image: Image.Image) -> Measured:
    """Measure a frame; a transparent one before the ground, white or black, on which it has more contrast."""
    return max((measure_grey(grey) for grey in _greys(image)), key=lambda measured: measured.contrast)


def _greys(image: Image.Image) -> Iterator[Image.Image]:
    for ground in ("white", "black") if image.mode == "RGBA" else ("white",):
        grey = _on_ground(image, ground).convert("L")
        grey.thumbnail((_NORMAL_SIDE, _NORMAL_SIDE), Image.Resampling.LANCZOS)
        yield grey


def _on_ground(image: Image.Image, ground: str) -> Image.Image:
    if image.mode == "RGB":
        return image
    backed = Image.new("RGBA", image.size, ground)
    backed.alpha_composite(image)
    return backed.convert("RGB")


def _orientation(image: Image.Image) -> Image.Transpose | None:
    """Return how an image has to be turned to be shown; damaged metadata turn nothing."""
    try:
        return _TURNED.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # the readers of metadata raise errors of many types
        return None


def _thumbnail(image: Image.Image, orientation: Image.Transpose | None) -> bytes:
    small = _on_ground(image, "grey").copy()
    small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    if orientation is not None:
        small = small.transpose(orientation)
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=70)
    return buffer.getvalue()
