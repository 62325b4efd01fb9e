"""An evaluation response: any JSON object becomes an Evaluation without losing a field, or a library error.

Its helpers never raise. Its texts hold no image data and no URL query, and are bounded.
"""

from __future__ import annotations

import copy
import pickle
from datetime import datetime
from decimal import Decimal
from html import unescape
from typing import Any

from fuzz_targets.properties import (
    KEY,
    REDACT,
    assert_clean,
    assert_hidden,
    assert_kept,
    assert_sound,
    canonical,
    parse_response,
    play,
)
from runflow_client import Evaluation, Verdict, errors
from runflow_client.flows import evaluations
from runflow_client.flows.base.json_reading import read_json
from runflow_client.flows.base.responses import redacted

ASKED_FOR = "0197f0a0-0000-7000-8000-000000000001"
LONGEST_REPR = 300
DEEPEST = 100
"""Nested evaluations; copying hundreds of them needs more stack than reading them."""
LONGEST_ROW = 5_000
"""Characters of HTML for one judge: two texts of 300, each character escaped to six at worst."""


def check(data: bytes) -> None:
    response = parse_response(data)
    found = play(lambda context: evaluations.get(context, ASKED_FOR, ()), response)
    sent = read_json(response.body)
    if isinstance(found, errors.RunflowError):
        assert not (200 <= response.status < 300 and isinstance(sent, dict)), found
        return
    assert type(found) is Evaluation
    assert_kept(sent, found.to_dict())
    assert_again(found)
    assert_shown(found)
    assert_helpful(found)
    for error in (errors.EvaluationFailedError(found), errors.WaitTimeoutError(found, last_problem="no response")):
        if KEY in canonical(found.to_dict()):
            assert_hidden(str(redacted(error, REDACT)))
        else:
            assert_sound(redacted(error, REDACT))


def assert_again(found: Evaluation) -> None:
    """Check that the evaluation survives serialization, pickling and copying."""
    if _depth(found) > DEEPEST:
        return
    written = canonical(found.to_dict())
    for again in (Evaluation.from_dict(found.to_dict()), pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert canonical(again.to_dict()) == written


def _depth(found: Any) -> int:
    depth = 0
    while isinstance(found, Evaluation):
        found, depth = found.parent_evaluation, depth + 1
    return depth


def assert_shown(found: Evaluation) -> None:
    judges = found.judges if isinstance(found.judges, list) else []
    pieces: list[Any] = [found, found.parent_evaluation, found.run, found.model, *judges, *found.issues]
    for piece in pieces:
        if hasattr(piece, "to_dict"):
            text = repr(piece)
            assert len(text) <= LONGEST_REPR, f"a repr of {len(text)} characters"
            assert_clean(text)
    html = found._repr_html_()
    assert len(html) <= LONGEST_ROW * (1 + len(judges)), f"{len(html)} characters of HTML"
    html.encode("utf-8")
    assert_clean(unescape(html))


def assert_helpful(found: Evaluation) -> None:
    assert isinstance(found.is_terminal, bool)
    assert found.verdict is None or isinstance(found.verdict, Verdict)
    assert found.passed is (found.verdict is Verdict.PASSED)
    assert found.passed is (found.status_code == "completed" and found.overall_passed is True)
    assert found.score is None or isinstance(found.score, float)
    assert found.charged is None or (isinstance(found.charged, Decimal) and found.charged.is_finite())
    assert len(found.failed_judges) <= len(found.judges or ())
    assert not isinstance(found.created_at, datetime) or found.created_at.tzinfo is not None
