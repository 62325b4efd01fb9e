"""Small copies of local images for the gallery, within a limit for all of them together."""

from __future__ import annotations

import base64
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from .files import ImageFile, ImageFiles

_MOST_PIXELS = 64_000_000
# The longest side and the quality for images that may have at least so many bytes each, which a photograph then needs.
_SIZES = ((12_000, 400, 70), (6_000, 280, 60), (0, 180, 50))


class Picture(NamedTuple):
    """What the gallery has of an item's image: the thumbnail as base64 of a WebP file, empty where there is none, and its file."""

    thumbnail: str
    file: ImageFile


class Thumbnails:
    """Makes thumbnails until they fill a number of bytes.

    Args:
        files: finds the images.
        most_bytes: for all of them together, as they stand in the page.
        items: how many images there may be: the more, the smaller each.

    Attributes:
        made: how many were made.
        left_out: how many were not made because the others fill the bytes.
        states: how many files are in which state.
    """

    def __init__(self, files: ImageFiles, most_bytes: int, items: int) -> None:
        self._files = files
        self._left = most_bytes
        share = most_bytes / max(items, 1)
        self._side, self._quality = next((side, quality) for size, side, quality in _SIZES if share >= size)
        self.made = 0
        self.left_out = 0
        self.states: Counter[str] = Counter()

    def of_items(self, items: Iterable[tuple[str, str | None]]) -> Iterator[Picture]:
        """Yield the picture of each item, of which the id and the digest of the image are given."""
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for file, thumbnail in threads.map(self._make, items):
                self.states[file.state] += 1
                if thumbnail is None or len(thumbnail) > self._left:
                    self._left = 0
                    self.left_out += 1
                    yield Picture("", file)
                else:
                    self._left -= len(thumbnail)
                    self.made += bool(thumbnail)
                    yield Picture(thumbnail, file)

    def _make(self, item: tuple[str, str | None]) -> tuple[ImageFile, str | None]:
        """Return the file of an item and a thumbnail: empty where there is no image, None where the bytes are filled."""
        file = self._files.find(*item)
        if file.path is None:
            return file, ""
        if self._left <= 0:
            return file, None
        try:
            return file, base64.b64encode(_shrunk(file.path, self._side, self._quality)).decode()
        except Exception:  # Pillow's decoders raise errors of many classes for a damaged file
            return file, ""


def link_to_file(path: Path, page: Path) -> str:
    """Return the address of a file relative to a page in a folder; empty where it has none."""
    try:
        return quote(Path(os.path.relpath(path, page.parent)).as_posix())
    except ValueError:  # another drive
        return ""


def _shrunk(path: Path, side: int, quality: int) -> bytes:
    """Return an image as a small WebP file without metadata, which may tell where it was taken."""
    from PIL import Image, ImageOps

    with Image.open(path) as opened:
        if opened.width * opened.height > _MOST_PIXELS:
            return b""
        opened.draft("RGB", (2 * side, 2 * side))  # a JPEG is decoded at a fraction of its size
        image: Any = ImageOps.exif_transpose(opened)
        image.thumbnail((side, side), reducing_gap=2.0)
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        buffer = BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=2)
        return buffer.getvalue()
