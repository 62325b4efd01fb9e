"""The local file of each item, if it is what was judged."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from ....errors import InvalidRequestError, RunflowError
from ....runtime.files.images import load
from ...journals.content import image_digest

Images: TypeAlias = str | os.PathLike[str] | Mapping[str, str | os.PathLike[str]]


class ImageFile(NamedTuple):
    """The file of an item.

    Args:
        path: the file; None where there is none to show.
        state: "same": it is what was judged; "uncompared": what was judged was named by an address, so no one can tell;
            "changed": it is not what was judged; "missing": there is none, though a file was judged; "none": there is none.
    """

    path: Path | None
    state: Literal["same", "uncompared", "changed", "missing", "none"]


class ImageFiles:
    """Finds the files of items.

    Args:
        images: the folder in which item ids name files, and nothing outside of it is read; or the file of each item id. None for
            the current folder, from which an item id may lead anywhere, as the caller's own paths do. A file that is found
            without being named so is shown only if it is what was judged.
        beside: the journal's file: by default files are looked for in its folder too, and in the folder there that
            `runflow batch` names a journal after. None for none.
    """

    def __init__(self, images: Images | None, beside: Path | None = None) -> None:
        self._named = images if isinstance(images, Mapping) else None
        self._is_chosen = images is not None
        self._folders: list[Path] = []
        if images is not None and not isinstance(images, Mapping):
            if not Path(images).is_dir():
                raise InvalidRequestError(f"images is {os.fspath(images)!r}, which is no folder", argument="images")
            self._folders = [Path(images).resolve()]
        elif images is None and beside is not None:
            folder = beside.resolve().parent
            self._folders = [folder, (folder / beside.name.removesuffix(".journal.db")).resolve()]

    def find(self, item_id: str, digest: str | None) -> ImageFile:
        """Return the file of an item.

        Args:
            item_id: the item.
            digest: the beginning of the digest of the image that was judged; None of one that was named by its address.
        """
        is_changed = False
        for path in self._candidates(item_id):
            if digest is None and self._is_chosen:
                return ImageFile(path, "uncompared")
            if digest is not None and _has_content(path, digest):
                return ImageFile(path, "same")
            is_changed = digest is not None
        return ImageFile(None, "changed" if is_changed else "none" if digest is None else "missing")

    def _candidates(self, item_id: str) -> Iterator[Path]:
        """Yield the files that may be the item's and can be read."""
        for path in self._paths(item_id):
            try:
                if path.is_file() and os.access(path, os.R_OK):
                    yield path
            except (OSError, ValueError):  # a name that is too long, a NUL
                pass

    def _paths(self, item_id: str) -> Iterator[Path]:
        if self._named is not None:
            if item_id in self._named:
                yield Path(self._named[item_id])
            return
        if not self._is_chosen:
            yield Path(item_id)
        for folder in self._folders:
            try:
                path = (folder / item_id).resolve()
            except (OSError, ValueError, RuntimeError):  # as above, or a circle of links
                continue
            if path.is_relative_to(folder):
                yield path


def _has_content(path: Path, digest: str) -> bool:
    """Return whether a file is the image of a digest, read in the way in which it is submitted."""
    try:
        image = load(path, "image")
    except RunflowError:  # no image any more
        return False
    try:
        return str(image_digest(image)).startswith(digest)
    finally:
        if not isinstance(image, str):
            image.close()
