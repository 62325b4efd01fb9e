"""Writes the report of a batch: one HTML file that needs no other file and no network."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO

from ...errors import InvalidRequestError
from ..journals.journal import Journal, Verdict
from ..journals.opening import open_journal, require_batch
from .document import Contents, rendered, require_template_library
from .pictures.files import ImageFiles, Images
from .pictures.thumbnails import Thumbnails, link_to_file
from .rows import Row, row_of
from .summary import Summary

MOST_ITEMS = 50_000
MOST_THUMBNAIL_BYTES = 48 * 1024 * 1024
_BLOCK = 500

_Line = tuple[
    str, str | None, Row
]  # the item id as it is and the digest of the image, for its file, and what the page says


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What a report holds.

    Args:
        path: the file.
        items: the items that have ended, all of which are in the totals and charts.
        listed: how many of them are in the gallery.
        thumbnails: how many of these have a thumbnail.
        changed: how many have none because their file is not any more what was judged.
        missing: how many have none because their file was not found.
        in_progress: the items that have not ended, none of which is in the page.
        unknown: the items whose outcome is unknown, likewise.
        size: of the file, in bytes.
    """

    path: Path
    items: int
    listed: int
    thumbnails: int
    changed: int
    missing: int
    in_progress: int
    unknown: int
    size: int


def write_report(
    journal_path: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    *,
    batch_id: str = "default",
    images: Images | None = None,
) -> ReportSummary:
    """Write the report of a batch from its journal, also while the batch is running.

    The page holds no query of a URL and no image but thumbnails, which are made of local files. A file that is not any more what
    was judged is not shown, and the page says so. It requests nothing. An older
    file of the same name is replaced in one step. Memory is bounded: of a batch with more than 50,000 items all are counted, and the
    gallery lists 50,000, those that did not pass first. Thumbnails fill at most 48 MiB; the page says what was left out.

    Args:
        journal_path: the journal, as `evaluate_many` was given it.
        destination: the HTML file to write.
        batch_id: the batch in that journal.
        images: the folder in which item ids name files, and nothing outside of it is read; or the file of each item id, as in
            `{"order-17": "photos/a.png"}`. By default item ids are paths of the current folder, which may lead anywhere, of that
            of the journal, or of the folder there that `runflow batch` has named the journal after.

    Raises:
        JournalError: there is no such journal, it has no such batch, or it cannot be read.
        InvalidRequestError: `images` is no folder, or the destination cannot be written.
        ModuleNotFoundError: the extra `report` is not installed.

    Example:
        >>> import tempfile
        >>> from runflow_client import EvaluationRequest, write_report
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> folder = tempfile.TemporaryDirectory()
        >>> with Sandbox().client() as client:
        ...     requests = [EvaluationRequest(sharp_picture(), "headshot", item_id="a.png")]
        ...     outcomes = list(client.evaluations.evaluate_many(requests, journal=f"{folder.name}/journal"))
        >>> write_report(f"{folder.name}/journal", f"{folder.name}/report.html").items
        1
        >>> folder.cleanup()
    """
    require_template_library()
    address = os.fspath(journal_path)
    journal = open_journal(address)
    try:
        return write_journal_report(
            journal,
            destination,
            batch_id=batch_id,
            images=ImageFiles(images, None if "://" in address else Path(address)),
            source=Path(address).name.partition("?")[0],
        )
    finally:
        journal.close()


def write_journal_report(
    journal: Journal,
    destination: str | os.PathLike[str],
    *,
    batch_id: str,
    images: Images | ImageFiles | None = None,
    source: str = "",
    now: datetime | None = None,
) -> ReportSummary:
    """Write the report of a batch from an open journal of any form, as `write_report` does.

    Args:
        journal: stays open.
        destination, batch_id, images: as for `write_report`.
        source: the name of the journal, as the page shows it.
        now: the time that the page shows as its own; the present where None.
    """
    require_template_library()
    require_batch(journal, batch_id)  # else a mistyped name would replace a report by an empty one
    files = images if isinstance(images, ImageFiles) else ImageFiles(images)
    path = Path(destination).resolve()  # what a link leads to is replaced, not the link
    with _replacing(path) as file, _beside(path) as others, _beside(path) as passed, _beside(path) as blocks:
        summary = _sort_rows(journal, batch_id, others, passed)
        listed = min(summary.items, MOST_ITEMS)
        thumbnails = Thumbnails(files, MOST_THUMBNAIL_BYTES, listed)
        lines = islice(chain(_lines(others), _lines(passed)), listed)
        for number, block in enumerate(iter(lambda: list(islice(lines, _BLOCK)), [])):
            blocks.write(_block(number, block, thumbnails, path))
        totals = journal.totals(batch_id)
        contents = Contents(
            summary=summary,
            totals=totals,
            batch_id=batch_id,
            source=source,
            written=now or datetime.now(UTC),
            listed=listed,
            thumbnails=thumbnails,
        )
        head, tail = rendered(contents)
        file.write(head)
        blocks.seek(0)
        shutil.copyfileobj(blocks, file)
        file.write(tail)
        size = file.tell()
    return ReportSummary(
        path=path,
        items=summary.items,
        listed=listed,
        thumbnails=thumbnails.made,
        changed=thumbnails.states["changed"],
        missing=thumbnails.states["missing"],
        in_progress=totals.granted + totals.submitted,
        unknown=totals.unknown,
        size=size,
    )


def _beside(path: Path) -> IO[bytes]:
    """Return a file without a name in the folder of the page: that for temporary files may be kept in memory."""
    return tempfile.TemporaryFile(dir=path.parent)


def _sort_rows(journal: Journal, batch_id: str, others: IO[bytes], passed: IO[bytes]) -> Summary:
    """Write what may be listed into two files, the items that passed into the one, and count all of them."""
    summary = Summary()
    for outcome in journal.outcomes(batch_id):
        row = row_of(outcome)
        row["number"] = summary.items
        summary.add(row)
        has_passed = outcome.verdict is Verdict.PASSED
        number = summary.verdicts["passed"] if has_passed else summary.items - summary.verdicts["passed"]
        if number <= MOST_ITEMS:
            (passed if has_passed else others).write(
                json.dumps([outcome.item_id, outcome.image_digest, row]).encode() + b"\n"
            )
    return summary


def _lines(file: IO[bytes]) -> Iterator[_Line]:
    file.seek(0)
    for line in file:
        item_id, digest, row = json.loads(line)
        yield item_id, digest, row


def _block(number: int, lines: Sequence[_Line], thumbnails: Thumbnails, page: Path) -> bytes:
    """Return the elements that hold the rows, compressed, and their thumbnails, one a line."""
    made = list(thumbnails.of_items((item_id, digest) for item_id, digest, _ in lines))
    for (_, _, row), (thumbnail, (path, state)) in zip(lines, made, strict=True):
        row |= {"picture": True} if thumbnail else {}
        row |= {"image": state} if state not in ("same", "none") else {}
        link = "" if path is None else link_to_file(path, page)
        row |= {"file": link} if link else {}
    text = json.dumps([row for _, _, row in lines], ensure_ascii=False, separators=(",", ":"))
    packed = base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0))
    # Base64 has no character that could end the element.
    pictures = "\n".join(picture.thumbnail for picture in made).encode()
    return b"".join(
        f'<script type="text/plain" id="{name}-{number}">'.encode() + content + b"</script>\n"
        for name, content in (("rows", packed), ("pictures", pictures))
    )


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Return a file that takes the place of `path` when all of it is written; after an error the old one stays.

    Raises:
        InvalidRequestError: it cannot be written.
    """
    if path.exists() and not path.is_file() and not path.is_dir():  # a device must not be replaced by a file
        raise InvalidRequestError(
            f"the report cannot be written to {str(path)!r}, which is no regular file: choose another destination",
            argument="destination",
        )
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        raise InvalidRequestError(
            f"the report cannot be written to {str(path)!r} ({error.strerror}): choose another destination",
            argument="destination",
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
