from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from html import unescape
from importlib.machinery import ModuleSpec
from typing import Any

import pytest

from runflow_client._extras import install_command
from runflow_client.batch.journals.journal import Totals
from runflow_client.batch.report import document
from runflow_client.batch.report.document import Contents, rendered, require_template_library
from runflow_client.batch.report.pictures.files import ImageFiles
from runflow_client.batch.report.pictures.thumbnails import Thumbnails
from runflow_client.batch.report.summary import Summary

ROW: dict[str, Any] = {"id": "a.png", "verdict": "passed", "score": 0.9, "seconds": 12.0, "task": "headshot"}
VERDICTS = ("passed", "rejected", "undecided")


def page(*rows: dict[str, Any], **changes: Any) -> str:
    summary = Summary()
    for row in rows:
        summary.add(ROW | row)
    thumbnails = Thumbnails(ImageFiles(None), 1, 1)
    thumbnails.left_out = changes.pop("left_out", 0)
    thumbnails.states.update(changes.pop("states", {}))
    contents: dict[str, Any] = {
        "summary": summary,
        "totals": Totals(),
        "batch_id": "default",
        "source": "batch.journal",
        "written": datetime(2026, 11, 25, 8, 30, tzinfo=UTC),
        "listed": summary.items,
        "thumbnails": thumbnails,
    }
    head, tail = rendered(Contents(**(contents | changes)))
    return (head + tail).decode()


def text(html: str) -> str:
    """Return what a reader sees, on one line."""
    visible = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", visible))


def test_policy_names_style_and_program_by_their_hashes() -> None:
    html = page({})
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert len(content) == 1
        assert f"{directive} 'sha256-{b64encode(sha256(content[0].encode()).digest()).decode()}'" in policy[1]
    assert policy[1].startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy[1] and "style=" not in html


def test_page_names_no_address() -> None:
    assert re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']*""", page({})) == []
    assert "http:" not in page({}) and "https:" not in page({})


def test_totals_and_rates_are_shown() -> None:
    html = text(
        page({}, {}, {"verdict": "rejected"}, {"verdict": "failed", "kind": "E"}, totals=Totals(spent=Decimal("0.16")))
    )
    assert "Pass rate 66.7 % 2 of 3 items with a verdict" in html and "2 passed" in html and "1 not judged" in html
    assert "Items 4 3 with a verdict" in html
    assert "Spent 0.16 credits; 0.08 for each that passed" in html
    assert "Median time 12 s 95 % within 12 s; slowest first" in html
    assert "written 2026-11-25 08:30 UTC" in html


def test_batch_without_verdicts_has_no_rate() -> None:
    html = text(page({"verdict": "failed", "kind": "E", "message": "no response"}, {"verdict": "failed"}))
    assert "Pass rate none" in html and "2 not judged" in html and "E no response 1" in html
    assert "Most frequent issue none" in html


def test_batch_without_times_says_so() -> None:
    summary = Summary()
    summary.add({"id": "a", "verdict": "passed"})
    html = text(page(summary=summary, listed=1))
    assert "Median time unknown" in html and "Time to verdict" not in html and "Scores" not in html


@pytest.mark.parametrize(
    ("totals", "sentence"),
    [
        (Totals(unknown=1), "1 item has an unknown outcome."),
        (Totals(unknown=2), "2 items have an unknown outcome."),
        (Totals(granted=1), "1 more item is in progress, or was when"),
        (Totals(granted=1, submitted=2), "3 more items are in progress, or were when"),
    ],
)
def test_unfinished_items_are_named(totals: Totals, sentence: str) -> None:
    assert sentence in text(page({}, totals=totals))
    assert sentence not in text(page({}))
    assert sentence in text(page(totals=totals))


def test_empty_batch_names_its_id() -> None:
    html = text(page(batch_id="tuesday <b>"))
    assert "No item has ended yet" in html and "&ldquo;tuesday &lt;b&gt;&rdquo;" in html


def test_header_redacts_batch_and_journal() -> None:
    html = page({}, batch_id="https://x.example/?sig=s3cr3t", source="data:image/png;base64,AAAA")
    assert "s3cr3t" not in html and "AAAA" not in html


def test_what_gallery_leaves_out_is_said() -> None:
    assert "lists 1 of 2 items, those that did not pass first" in text(page({}, {}, listed=1))
    assert "5 more have none, to keep this file small" in text(page({}, left_out=5))
    assert "gallery lists" not in text(page({}, {}))


def test_missing_pillow_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "find_spec", lambda name: None)
    assert f"Pillow is not installed: {install_command('report', 'PIL')}" in unescape(text(page({})))


def test_long_tables_fold_their_rest() -> None:
    judges = [{"name": f"judge {number}", "passed": number % 2 == 0} for number in range(60)]
    html = page({"judges": judges})
    assert "<summary>44 more</summary>" in html
    assert len(re.findall(r'<th scope="row"><a href="#judge=judge\+\d+">', html)) == 30
    assert len(re.findall(r'<th scope="row">judge \d+<', html)) == 20


def test_others_are_not_linked() -> None:
    html = page(*({"task": f"t{number}"} for number in range(510)))
    assert "(all others)" in html and "task=%28others%29" not in html


def test_percentages_say_of_how_many() -> None:
    judges = [{"name": "Anatomy", "passed": passed} for passed in (True, False, None)]
    html = text(
        page(*({"judges": [judge], "verdict": verdict} for judge, verdict in zip(judges, VERDICTS, strict=True)))
    )
    assert "Anatomy 50.0 % 1 of 2" in html and "headshot 50.0 % 1 of 2" in html


def test_reasons_and_gates_filter_the_gallery() -> None:
    html = page({"gates": [{"name": "safety / nsfw"}]}, {"verdict": "failed", "kind": "invalid_media"})
    assert '<a href="#gate=safety+%2F+nsfw">' in html
    assert '<a href="#kind=invalid_media">' in html


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("hands / extra_fingers", "Extra fingers (hands)"),
        ("uncategorized", "Uncategorized"),
        ("a / b / c", "B / c (a)"),
        ("", ""),
    ],
)
def test_issue_is_named_in_words(name: str, shown: str) -> None:
    assert document.issue_words(name) == shown


def test_most_frequent_issue_is_named_with_its_category() -> None:
    judges = [{"name": "a", "issues": [{"name": "hands / extra_fingers"}]}]
    html = page({"judges": judges}, {})
    assert "Most frequent issue Extra fingers hands; in 1 of 2 items" in text(html)
    assert '<a href="#category=hands+%2F+extra_fingers">Extra fingers</a>' in html
    judges = [{"name": "a", "issues": [{"name": f"issue {number}"}]} for number in range(510)]
    assert "Most frequent issue (all others)" in text(
        page({"judges": judges}, *({"judges": [judge]} for judge in judges))
    )


def test_images_that_are_not_shown_are_counted() -> None:
    html = text(page({}, states={"changed": 1, "missing": 2}))
    assert "1 image was changed after it was judged, so it is not shown." in html
    assert "No local file was found for 2 images." in html
    assert "2 images were changed after they were judged, so they are not" in text(page({}, states={"changed": 2}))


def test_missing_jinja_names_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    found = document.find_spec

    def without_jinja(name: str) -> ModuleSpec | None:
        return None if name == "jinja2" else found(name)

    require_template_library()
    monkeypatch.setattr(document, "find_spec", without_jinja)
    with pytest.raises(ModuleNotFoundError, match=r'pip install .*"jinja2') as raised:
        require_template_library()
    assert raised.value.name == "jinja2"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.9999, "99.9 %"), (0.0001, "0.1 %"), (0.5, "50.0 %"), (None, "-")],
)
def test_rate_is_never_rounded_to_all_or_none(share: float | None, shown: str) -> None:
    assert document._percent(share) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (61.4, "61 s"), (150, "2.5 min"), (7200, "2.0 h")]
)
def test_seconds_are_shown_in_usual_unit(seconds: float, shown: str) -> None:
    assert document._seconds(seconds) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "0.00"),
        ("0.05", "0.05"),
        ("0.0513", "0.0513"),
        ("1234.5", "1,234.50"),
        ("0.10000", "0.10"),
        ("1E+3", "1,000.00"),
    ],
)
def test_credits_have_two_to_four_decimals(amount: str, shown: str) -> None:
    assert document._credits(Decimal(amount)) == shown
