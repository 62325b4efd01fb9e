from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal
from typing import Any

import attrs
import pytest

from runflow_api.models.evaluation import Evaluation as GeneratedEvaluation
from runflow_client import Evaluation, Verdict
from runflow_client.models.html import badge

ODD: list[Any] = [None, "x", 7, -1.5, True, [], [None], {}, [[]], [{"issues": "x"}], {"a": 1}, "nan", "1e999999999"]
HELPERS = ("is_terminal", "verdict", "passed", "score", "issues", "failed_judges", "charged", "_repr_html_")


def evaluation(**fields: Any) -> Evaluation:
    return Evaluation.from_dict(fields)


def test_verdict_values_are_words() -> None:
    assert [verdict.value for verdict in Verdict] == ["passed", "rejected", "undecided"]


def test_charge_of_too_many_digits_is_none() -> None:
    assert evaluation(cost=10**5_000).charged is None


@pytest.mark.parametrize(
    ("status", "overall", "verdict"),
    [
        ("completed", True, Verdict.PASSED),
        ("completed", False, Verdict.REJECTED),
        ("completed", None, Verdict.UNDECIDED),
        ("completed", "true", Verdict.UNDECIDED),
        ("completed", 1, Verdict.UNDECIDED),
        ("failed", True, None),
        ("failed", None, None),
        ("running", True, None),
        ("thinking", True, None),
        (None, True, None),
    ],
)
def test_only_completed_evaluation_has_verdict(status: Any, overall: Any, verdict: Any) -> None:
    one = evaluation(status_code=status, overall_passed=overall)
    assert one.verdict is verdict
    assert one.passed is (verdict is Verdict.PASSED)
    assert one.is_terminal is (status in ("completed", "failed"))


@pytest.mark.parametrize(
    ("cost", "charged"),
    [
        ("0.05", Decimal("0.05")),
        ("0", Decimal(0)),
        (None, None),
        ("", None),
        ("free", None),
        ("NaN", None),
        (2, Decimal(2)),
        ([], None),
    ],
)
def test_charge_is_decimal_or_none(cost: Any, charged: Decimal | None) -> None:
    assert evaluation(cost=cost).charged == charged


@pytest.mark.parametrize(("rate", "score"), [(0.75, 0.75), (1, 1.0), (None, None), ("0.5", None), (True, None)])
def test_score_is_float_or_none(rate: Any, score: float | None) -> None:
    assert evaluation(weighted_pass_rate=rate).score == score


def test_issues_cover_all_judges_and_failed_judges_those_failing() -> None:
    one = evaluation(
        judges=[
            {"name": "a", "passed": False, "issues": [{"detail": "1"}, None, {"detail": "2"}]},
            None,
            {"name": "b", "passed": None, "issues": None},
            {"name": "c", "passed": True, "issues": [{"detail": "3"}]},
        ]
    )
    assert [issue.detail for issue in one.issues] == ["1", "2", "3"]
    assert [judge.name for judge in one.failed_judges] == ["a"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", ["status_code", "overall_passed", "weighted_pass_rate", "cost", "judges", "id"])
def test_helpers_do_not_raise_on_invalid_data(field: str, odd: Any) -> None:
    one = evaluation(**{"status_code": "completed", field: odd})
    for helper in HELPERS:
        value = getattr(one, helper)
        if callable(value):
            value()


def test_parent_evaluation_has_helpers() -> None:
    one = evaluation(parent_evaluation={"status_code": "completed", "overall_passed": False, "parent_evaluation": {}})
    assert isinstance(one.parent_evaluation, Evaluation)
    assert one.parent_evaluation.verdict is Verdict.REJECTED
    assert isinstance(one.parent_evaluation.parent_evaluation, Evaluation)


def test_evaluation_pickles_and_copies_with_unknown_fields() -> None:
    one = evaluation(id="a", status_code="new-status", judges=[{"name": "a", "later": 1}], unknown={"x": 1})
    for again in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert type(again) is Evaluation
        assert again == one
        assert again.to_dict() == one.to_dict()


def test_subclass_adds_no_field() -> None:
    assert Evaluation.__slots__ == ()
    assert not hasattr(evaluation(), "__dict__")
    fields = {attribute.name for attribute in attrs.fields(GeneratedEvaluation)}
    helpers = {name for name in vars(Evaluation) if not name.startswith("__")}
    assert not fields & helpers, "a field of the contract has the name of a helper"


def test_notebook_table_escapes_text_and_omits_urls() -> None:
    one = evaluation(
        id="<i>",
        status_code="completed",
        overall_passed=False,
        generated_image_url="https://example.com/a.png?signature=s3cr3t",
        judges=[{"name": "<script>", "reasoning": "x" * 1_000, "passed": False}],
    )
    html = one._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "s3cr3t" not in html
    assert len(html) < 1_500
    assert "rejected" in html


@pytest.mark.parametrize(
    ("fields", "html"),
    [
        (
            {"status_code": "completed", "overall_passed": True, "weighted_pass_rate": 0.987, "id": "e-1"},
            f"<div>{badge('passed')} &middot; score 0.99 <code>e-1</code><table></table></div>",
        ),
        (
            {"status_code": "completed", "overall_passed": False},
            f"<div>{badge('rejected')} <code></code><table></table></div>",
        ),
        (
            {"status_code": "completed"},
            f"<div>{badge('undecided')} <code></code><table></table></div>",
        ),
        (
            {"status_code": "failed"},
            f"<div>{badge('failed')} <code></code><table></table></div>",
        ),
        ({}, f"<div>{badge('unknown')} <code></code><table></table></div>"),
    ],
)
def test_notebook_table_starts_with_verdict_score_and_id(fields: dict[str, Any], html: str) -> None:
    assert evaluation(**fields)._repr_html_() == html


def test_notebook_table_has_row_per_judge() -> None:
    judges = [
        {"name": "identity", "reasoning": "r " * 150, "passed": True},
        {"name": "hands", "reasoning": "r " * 150 + "r", "passed": False},
        {"name": "light", "reasoning": "see https://a.example/x?sig=1", "passed": None},
    ]
    html = evaluation(status_code="pending", judges=judges)._repr_html_()
    assert html.partition("<table>")[2] == (
        f"<tr><td>&#10003;</td><td>identity</td><td>{'r ' * 150}</td></tr>"
        f"<tr><td>&#10007;</td><td>hands</td><td>{('r ' * 150)[:-1]}&hellip;</td></tr>"
        "<tr><td>&ndash;</td><td>light</td><td>see https://a.example/x?[query cut]</td></tr></table></div>"
    )


def test_notebook_table_hides_queries_and_is_bounded() -> None:
    odd = "\ud800 https://x.example/?sig=s data:image/png;base64,AAAA " + "x" * 10_000
    for status in (odd, {"url": odd}, None):
        text = Evaluation.from_dict({"id": odd, "status_code": status, "judges": [{"name": odd}]})._repr_html_()
        assert "sig=" not in text and "AAAA" not in text
        assert len(text.encode("utf-8")) < 2_000


def test_score_of_too_many_digits_is_none() -> None:
    evaluation = Evaluation.from_dict(
        json.loads('{"status_code": "completed", "weighted_pass_rate": %s}' % ("9" * 400))
    )
    assert evaluation.score is None
    assert "completed" not in evaluation._repr_html_()


def test_score_beyond_float_range_is_none() -> None:
    assert Evaluation.from_dict({"weighted_pass_rate": 10**400}).score is None


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -float("inf")])
def test_score_of_number_that_is_not_finite_is_none(rate: float) -> None:
    assert Evaluation.from_dict({"weighted_pass_rate": rate}).score is None
