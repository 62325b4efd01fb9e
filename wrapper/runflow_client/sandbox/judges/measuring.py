"""Measures a grey image of normal size: sharpness, noise, exposure and contrast.

Sharpness is measured by regions, so that a sharp caption on a blurred picture does not make it sharp, and at two scales, so
that noise is not taken for fine edges: reduced to half its size, an image keeps the energy of its edges and more, while noise
keeps a quarter of its own, or half of it where it was smoothed before.

Noise that was enlarged has edges at every size down to that of its grain. What tells it from a picture is that nothing is left of
it at a small size: a picture has large shapes as well, and its edges stay as strong from an octave to the next.
"""

from itertools import accumulate
from statistics import median
from typing import NamedTuple

from .._requirements import explain_missing_library

with explain_missing_library():
    from PIL import Image, ImageFilter, ImageStat

# The Laplacian is divided by 4, so that strong edges stay within 8 bits.
_SCALE = 4
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=_SCALE, offset=128)
_REGIONS = 8
# Variance of the brightness below which a region is taken for an empty ground and does not count.
_LEAST_VARIANCE = 16.0
# The share of the full-size energy that noise, and rounding to 8 bits, may leave at half size.
_NOISE_SHARE = 0.5
_ROUNDING = 1.5
# Pixels of the shorter side below which the energy of the edges says nothing.
_LEAST_SIDE = 8


class Measured(NamedTuple):
    """What was measured.

    Args:
        sharpness: the energy of the edges over the variance of the brightness, in the median region.
        noise: the energy of neighbouring pixels that differ over the variance; 20 for pure noise, up to 6 in photographs.
        coarse: the share of the variance that is left at a sixteenth of the size: less than 0.04 for noise, also enlarged
            twofold, 0.1 or more in photographs.
        octave: the energy of the edges at an eighth of the size over that at a quarter: less than 0.4 for noise, also
            enlarged twofold, 0.5 or more in photographs. 1 for an image that is too small to tell.
        darkest: the greatest brightness of the darkest hundredth of the pixels, from 0 to 1.
        brightest: the least brightness of the brightest twentieth of the pixels, from 0 to 1.
        contrast: standard deviation of the brightness, from 0 to 0.5.
    """

    sharpness: float
    noise: float
    coarse: float
    octave: float
    darkest: float
    brightest: float
    contrast: float


def measure_grey(grey: Image.Image) -> Measured:
    """Measure an image of mode `L`."""
    variance = ImageStat.Stat(grey).var[0]
    histogram = grey.histogram()
    fine = grey.filter(_LAPLACIAN)
    return Measured(
        sharpness=_sharpness(grey, fine),
        noise=_variance(fine, (1, 1, grey.width - 1, grey.height - 1)) * _SCALE**2 / max(variance, 1.0),
        coarse=ImageStat.Stat(grey.reduce(16)).var[0] / max(variance, 1.0),
        octave=_octave(grey),
        darkest=_brightness_at(histogram, 0.01),
        brightest=_brightness_at(histogram, 0.95),
        contrast=variance**0.5 / 255,
    )


def _sharpness(grey: Image.Image, fine: Image.Image) -> float:
    half = grey.reduce(2)
    coarse = half.filter(_LAPLACIAN)
    sharpness = []
    for column in range(_REGIONS):
        for row in range(_REGIONS):
            # The outermost pixels have no neighbours on one side; the filter copies them as they are.
            left, right = (max(1, min(half.width * edge // _REGIONS, half.width - 1)) for edge in (column, column + 1))
            top, bottom = (max(1, min(half.height * edge // _REGIONS, half.height - 1)) for edge in (row, row + 1))
            variance = _variance(half, (left, top, right, bottom))
            if variance < _LEAST_VARIANCE:
                continue
            energy = _variance(coarse, (left, top, right, bottom)) * _SCALE**2
            noise = _variance(fine, (2 * left, 2 * top, 2 * right, 2 * bottom)) * _SCALE**2
            sharpness.append(max(0.0, energy - _NOISE_SHARE * noise - _ROUNDING) / variance)
    return median(sharpness) if sharpness else 0.0


def _octave(grey: Image.Image) -> float:
    quarter, eighth = grey.reduce(4), grey.reduce(8)
    if min(eighth.size) < _LEAST_SIDE:
        return 1.0
    strong, weak = (
        _variance(small.filter(_LAPLACIAN), (1, 1, small.width - 1, small.height - 1)) for small in (quarter, eighth)
    )
    return weak / strong if strong > 0 else 1.0


def _variance(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    left, top, right, bottom = box
    return float(ImageStat.Stat(image.crop(box)).var[0]) if right > left and bottom > top else 0.0


def _brightness_at(histogram: list[int], share: float) -> float:
    """Return the brightness that this share of the pixels does not exceed."""
    total = sum(histogram)
    return next(level for level, seen in enumerate(accumulate(histogram)) if seen >= share * total) / 255
