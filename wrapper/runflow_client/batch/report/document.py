"""Renders the page around the rows: its text, its charts, its style and its program."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._extras import install_command, missing_library
from ..._redaction import redactor
from ..._version import __version__
from ...models.html import COLOURS
from ..journals.journal import Totals
from .charts import duration_chart, score_chart, shares, verdict_bars
from .pictures.thumbnails import Thumbnails
from .summary import OTHERS, Summary, Tally

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATE = Path(__file__).with_name("template")
_PROGRAMS = ("rows.js", "gallery.js", "details.js", "page.js")
_MARK = "<!-- rows -->"
_MOST_CHOICES = 200
WORDS = {
    "passed": "passed",
    "rejected": "rejected",
    "undecided": "undecided",
    "failed": "not judged",
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a page is made of.

    Args:
        summary: of the items that have ended.
        totals: of the journal; they tell what has not ended.
        batch_id: the batch.
        source: the name of the journal; may be empty.
        written: when the page is made.
        listed: how many items the gallery has.
        thumbnails: how many images were made, and left out.
    """

    summary: Summary
    totals: Totals
    batch_id: str
    source: str
    written: datetime
    listed: int
    thumbnails: Thumbnails


def require_template_library() -> None:
    """Raise an error that names the extra where it is not installed."""
    if find_spec("jinja2") is None:
        raise ModuleNotFoundError(missing_library("the report", "jinja2", "report"), name="jinja2")


def rendered(contents: Contents) -> tuple[bytes, bytes]:
    """Return what stands before the rows, and what stands after them."""
    summary = contents.summary
    style = _style()
    program = "\n".join((_TEMPLATE / name).read_text(encoding="utf-8") for name in _PROGRAMS)
    redact = redactor(())
    page = (
        _environment()
        .get_template("page.html")
        .render(
            contents=contents,
            summary=summary,
            totals=contents.totals,
            batch_id=redact(contents.batch_id),
            source=redact(contents.source),
            words=WORDS,
            judged=summary.verdicts["passed"] + summary.verdicts["rejected"],
            style=style,
            style_hash=_hash(style),
            program=program,
            program_hash=_hash(program),
            written=f"{contents.written:%Y-%m-%d %H:%M %Z}",
            verdict_bars=verdict_bars(summary),
            scores=score_chart(summary),
            durations=duration_chart(summary),
            judges=_worst_first(summary.judges),
            tasks=sorted(summary.tasks.items(), key=lambda pair: -pair[1].count),
            categories=summary.categories.most_common(),
            gates=summary.gates.most_common(),
            errors=summary.errors.most_common(),
            choices=_choices(contents),
            others=OTHERS,
            version=__version__,
            has_pillow=find_spec("PIL") is not None,
            install_command=install_command("report", "PIL"),
        )
    )
    head, _, tail = page.encode("utf-8", "replace").partition(_MARK.encode())
    return head, tail


def _choices(contents: Contents) -> dict[str, Any]:
    """Return what the page's program is told beside the rows."""
    summary = contents.summary
    tasks = {name: tally.count for name, tally in summary.tasks.items()}
    judges = {name: tally.rejected for name, tally in summary.judges.items() if tally.rejected}
    choices = {
        "task": tasks,
        "judge": judges,
        "category": dict(summary.categories),
        "gate": dict(summary.gates),
        "kind": dict(summary.errors),
    }
    return {
        "listed": contents.listed,
        "words": WORDS,
        "verdicts": [verdict for verdict in WORDS if summary.verdicts[verdict]],
        "hasPictures": contents.thumbnails.made > 0,
        "choices": {name: _most(counts.items()) for name, counts in choices.items()},
    }


def _most(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    named = [pair for pair in counts if pair[0] != OTHERS]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))[:_MOST_CHOICES]


def _worst_first(tallies: dict[str, Tally]) -> list[tuple[str, Tally]]:
    return sorted(tallies.items(), key=lambda pair: (1.0 if pair[1].rate is None else pair[1].rate, -pair[1].count))


def _style() -> str:
    colours = "".join(f"--{verdict}: {colour}; " for verdict, colour in COLOURS.items())
    return f":root {{ {colours}}}\n{(_TEMPLATE / 'page.css').read_text(encoding='utf-8')}"


def issue_words(name: str) -> str:
    """Return the name of an issue as people read it: what it is, then its category."""
    category, slash, kind = name.replace("_", " ").partition(" / ")
    words = f"{kind} ({category})" if slash else category
    return words[:1].upper() + words[1:]


def _hash(text: str) -> str:
    """Return the source expression by which the page's policy permits this text alone."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape

    def breakable(text: str) -> Markup:
        """Let a code break into lines after its underscores."""
        return escape(text).replace("_", Markup("_<wbr>"))

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    filters = {
        "number": _number,
        "percent": _percent,
        "seconds": _seconds,
        "credits": _credits,
        "shares": shares,
        "breakable": breakable,
        "issue": issue_words,
    }
    environment.filters.update(filters)
    return environment


def _number(value: int) -> str:
    return f"{value:,}"


def _percent(share: float | None) -> str:
    if share is None:
        return "-"
    # 99.96 % must not read as 100 %: something did not pass.
    digits = 0 if share in (0.0, 1.0) else 1
    return f"{min(max(100 * share, 0.1), 99.9) if digits else 100 * share:.{digits}f} %"


def _seconds(value: float) -> str:
    if value < 10:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.1f} min" if value < 7200 else f"{value / 3600:.1f} h"


def _credits(value: Decimal) -> str:
    rounded = value.quantize(Decimal("0.0001")).normalize()
    text = f"{rounded:,f}"
    return text if "." in text and len(text.partition(".")[2]) > 1 else f"{rounded:,.2f}"
