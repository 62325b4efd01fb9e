"""Finds the image of an evaluation, judges it, and keeps the judgement for the same image."""

import hashlib
from collections.abc import Callable, Mapping
from io import BufferedReader, BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...judges.judging import Failure, Judgement, judge
from ...judges.media import measure
from ...judges.sources import InvalidMediaError, image_type, is_https, read_image, referred_asset
from ..assets.spool import Spool

_REMEMBERED_IMAGES = 256


class ImageJudge:
    """Judges images. It takes no lock, so that it can work while the service handles requests.

    Args:
        find_asset: returns the bytes of an asset; None where there is no such asset.
        images: the images at `https://` URLs, by URL or in a folder.
    """

    def __init__(self, find_asset: Callable[[str], Spool | None], images: Mapping[str, bytes | Path] | Path) -> None:
        self._find_asset = find_asset
        self._images = images
        self._judgements: dict[bytes, Judgement] = {}

    def hold(self, source: str) -> str | Spool:
        """Return what is kept of a submitted image until it is judged: an image in the request as its bytes, on disk if large."""
        if image_type(source) is None:
            return source
        try:
            return Spool(read_image(source))
        except InvalidMediaError:
            return source

    def judge(self, source: str | Spool, references: list[str]) -> Judgement | Failure | None:
        """Judge an image, or return why it cannot be judged; equal images are measured once.

        Args:
            source: the image as `hold` returned it.
            references: the reference images; those that are assets must exist.

        Returns:
            None for an image at an `https://` URL that is not among the images: the sandbox fetches nothing.
        """
        try:
            for reference in references:
                self._asset(reference)
            file = self._open(source)
            if file is None:
                return None
            with file:
                return self._judge_file(file)
        except InvalidMediaError as reason:
            return Failure("invalid_media", str(reason))
        except OSError as error:
            return Failure("processing_failed", f"The image could not be read ({type(error).__name__}).")

    def _judge_file(self, file: BytesIO | BufferedReader) -> Judgement:
        digest = hashlib.file_digest(file, "sha256").digest()
        judgement = self._judgements.get(digest)
        if judgement is None:
            file.seek(0)
            judgement = judge(measure(file))
            if len(self._judgements) >= _REMEMBERED_IMAGES:
                self._judgements.clear()
            self._judgements[digest] = judgement
        return judgement

    def _open(self, source: str | Spool) -> BytesIO | BufferedReader | None:
        if isinstance(source, Spool):
            return source.open()
        asset = self._asset(source)
        if asset is not None:
            return asset.open()
        if not is_https(source):
            return BytesIO(read_image(source))
        image = _file_of(source, self._images) if isinstance(self._images, Path) else self._images.get(source)
        return None if image is None else image.open("rb") if isinstance(image, Path) else BytesIO(image)

    def _asset(self, source: str) -> Spool | None:
        """Return a referenced asset; None for the other forms of an image."""
        asset_id = referred_asset(source)
        if asset_id is None:
            return None
        content = self._find_asset(asset_id)
        if content is None:
            raise InvalidMediaError("The sandbox has no asset with this reference.")
        return content


def _file_of(url: str, folder: Path) -> Path | None:
    """Return the file of a URL: of the same path below the folder, else of the same name; None where there is neither."""
    path = unquote(urlsplit(url).path).replace("\0", "").strip("/")
    for name in (path, path.rpartition("/")[2]):
        file = (folder / name).resolve()
        if file.is_relative_to(folder.resolve()) and file.is_file():
            return file
    return None
