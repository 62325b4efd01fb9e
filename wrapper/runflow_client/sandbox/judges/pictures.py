"""Generates pictures for the demonstration and the tests: a sharp one and a badly blurred one."""

import hashlib
from functools import lru_cache
from io import BytesIO

from .._requirements import explain_missing_library

with explain_missing_library():
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

_WIDTH, _HEIGHT = 640, 480
_HORIZON = 330
_BLUR_RADIUS = 12


class _Numbers:
    """Pseudorandom integers that depend on the seed only, the same on every version of Python."""

    def __init__(self, seed: int) -> None:
        self._digits = iter(hashlib.shake_256(f"picture {seed}".encode()).digest(4096))

    def between(self, low: int, high: int) -> int:
        value = next(self._digits) * 256 + next(self._digits)
        return low + value * (high - low) // 65536


def sharp_picture(seed: int = 0) -> bytes:
    """Draw a row of houses under an evening sky, in focus.

    Args:
        seed: chooses the houses; the same seed gives the same picture.

    Returns:
        A PNG of 640 x 480 px and less than 300 kB.

    Example:
        >>> sharp_picture()[:4]
        b'\\x89PNG'
    """
    return _picture(seed, 0)


def blurred_picture(seed: int = 0) -> bytes:
    """Draw the same houses, too far out of focus to have a sharp edge.

    Args:
        seed: chooses the houses; the same seed gives the same picture.

    Returns:
        A PNG of 640 x 480 px and less than 300 kB.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> with Sandbox().client() as client:
        ...     print(client.evaluations.evaluate(blurred_picture(), "headshot").verdict)
        rejected
    """
    return _picture(seed, _BLUR_RADIUS)


# Kept, because a suite of tests asks for the same picture again and again, and compressing it takes a tenth of a second.
@lru_cache(maxsize=32)
def _picture(seed: int, blur_radius: int) -> bytes:
    image = _scene(seed)
    if blur_radius:
        image = image.filter(ImageFilter.GaussianBlur(blur_radius))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _scene(seed: int) -> Image.Image:
    numbers = _Numbers(seed)
    image = Image.new("RGB", (_WIDTH, _HEIGHT))
    draw = ImageDraw.Draw(image)
    for y in range(_HORIZON):
        draw.line((0, y, _WIDTH, y), fill=(70 + y // 2, 110 + y // 4, 190 - y // 5))
    draw.ellipse(_circle(numbers.between(80, 560), numbers.between(60, 140), 34), fill=(255, 238, 190))
    draw.rectangle((0, _HORIZON, _WIDTH, _HEIGHT), fill=(74, 92, 60))
    left = -numbers.between(0, 40)
    while left < _WIDTH:
        width = numbers.between(60, 120)
        _house(draw, numbers, left, width)
        left += width + numbers.between(0, 14)
    for _ in range(220):
        x, y = numbers.between(0, _WIDTH), numbers.between(_HORIZON + 6, _HEIGHT)
        draw.line(
            (x, y, x + numbers.between(-4, 5), y - numbers.between(5, 14)),
            fill=(numbers.between(60, 150), numbers.between(110, 190), 60),
        )
    return ImageChops.add(image, _grain(seed), offset=-4)


def _circle(x: int, y: int, radius: int) -> tuple[int, int, int, int]:
    return x - radius, y - radius, x + radius, y + radius


def _house(draw: ImageDraw.ImageDraw, numbers: _Numbers, left: int, width: int) -> None:
    roof = numbers.between(140, 260)
    draw.rectangle(
        (left, roof, left + width, _HORIZON),
        fill=(numbers.between(90, 210), numbers.between(70, 150), numbers.between(60, 120)),
    )
    draw.polygon(
        [(left - 5, roof), (left + width // 2, roof - 36), (left + width + 5, roof)],
        fill=(numbers.between(80, 150), 44, 40),
    )
    for y in range(roof + 12, _HORIZON - 24, 32):
        for x in range(left + 10, left + width - 16, 24):
            lit = numbers.between(0, 3) == 0
            draw.rectangle(
                (x, y, x + 13, y + 18), fill=(250, 222, 140) if lit else (34, 42, 60), outline=(235, 230, 220)
            )
            draw.line((x + 7, y, x + 7, y + 18), fill=(235, 230, 220))


def _grain(seed: int) -> Image.Image:
    """Make weak noise like that of a camera; the same seed makes the same noise."""
    digits = hashlib.shake_256(f"grain {seed}".encode()).digest(_WIDTH * _HEIGHT)
    grey = Image.frombytes("L", (_WIDTH, _HEIGHT), digits).point([level // 32 for level in range(256)])
    return Image.merge("RGB", (grey, grey, grey))
