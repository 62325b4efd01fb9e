"""Small copies of local images for the gallery, within a limit for all of them together."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

_MOST_PIXELS = 64_000_000
# The longest side and the quality for images that may have at least so many bytes each, which a photograph then needs.
_SIZES = ((12_000, 400, 70), (6_000, 280, 60), (0, 180, 50))


class Thumbnails:
    """Makes thumbnails until they fill a number of bytes.

    Args:
        folder: item ids name files in it, and nothing outside of it is read; None for the current folder, from which an
            item id may lead anywhere, as the caller's own paths do.
        most_bytes: for all of them together, as they stand in the page.
        items: how many images there may be: the more, the smaller each.

    Attributes:
        made: how many were made.
        left_out: how many were not made because the others fill the bytes.
    """

    def __init__(self, folder: str | os.PathLike[str] | None, most_bytes: int, items: int) -> None:
        self._folder = None if folder is None else Path(folder).resolve()
        self._left = most_bytes
        share = most_bytes / max(items, 1)
        self._side, self._quality = next((side, quality) for size, side, quality in _SIZES if share >= size)
        self.made = 0
        self.left_out = 0

    def of_items(self, item_ids: Iterable[str]) -> Iterator[str]:
        """Yield the thumbnail of each item as base64 of a WebP file; empty where its id names no local image."""
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for thumbnail in threads.map(self._make, item_ids):
                if thumbnail is None or len(thumbnail) > self._left:
                    self._left = 0
                    self.left_out += 1
                    yield ""
                else:
                    self._left -= len(thumbnail)
                    self.made += bool(thumbnail)
                    yield thumbnail

    def link(self, item_id: str, page: Path) -> str:
        """Return the address of an item's image relative to a page in a folder; empty where its id names no local file."""
        path = self._file(item_id)
        if path is None:
            return ""
        try:
            return quote(Path(os.path.relpath(path, page.parent)).as_posix())
        except ValueError:  # another drive
            return ""

    def _make(self, item_id: str) -> str | None:
        """Return a thumbnail; empty where there is no image, and None where the bytes are filled."""
        path = self._file(item_id)
        if path is None:
            return ""
        if self._left <= 0:
            return None
        try:
            return base64.b64encode(_shrunk(path, self._side, self._quality)).decode()
        except Exception:  # Pillow's decoders raise errors of many classes for a damaged file
            return ""

    def _file(self, item_id: str) -> Path | None:
        try:
            if self._folder is None:
                path = Path(item_id)
            else:
                path = (self._folder / item_id).resolve()
                if not path.is_relative_to(self._folder):
                    return None
            return path if path.is_file() else None
        except (OSError, ValueError, RuntimeError):  # a name that is too long, a NUL, a circle of links
            return None


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
