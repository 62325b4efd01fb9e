from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

import pytest
from report_batches import body

from runflow_client.batch.journals.journal import Outcome, Verdict
from runflow_client.batch.report.rows import Row, link_to, row_of


def row(evaluation: Any, verdict: Verdict = Verdict.PASSED, **fields: Any) -> Row:
    text = evaluation if isinstance(evaluation, str) else json.dumps(evaluation)
    return row_of(Outcome(fields.pop("item_id", "a.png"), verdict, evaluation=text, **fields))


def test_row_holds_verdict_findings_and_facts() -> None:
    found = body(7, random.Random(1), verdict=Verdict.REJECTED, client_ref="order-7", feedback_is_positive=False)
    made = row(found, Verdict.REJECTED, cost=Decimal("0.0400"), key="key-7", evaluation_id="e-7")
    failed = [judge for judge in found["judges"] if not judge["passed"]]
    assert made["id"] == "a.png" and made["verdict"] == "rejected" and made["label"] == "order-7"
    assert made["score"] == found["weighted_pass_rate"] and made["cost"] == "0.0400" and made["key"] == "key-7"
    assert made["evaluation"] == "e-7" and made["thumb"] is False and made["submitted"] == "2026-11-25 09:00:02 UTC"
    assert [judge["name"] for judge in made["judges"] if not judge["passed"]] == [judge["name"] for judge in failed]
    assert made["gates"] == [{"name": "safety / nsfw", "reason": "not safe for work"}]
    assert made["improved"] == found["action"]["improved_prompt"] and made["prompt"] == found["generation_prompt"]
    assert made["link"] == "https://images.example.com/generated/7.png"


def test_row_of_item_without_evaluation_is_short() -> None:
    made = row_of(Outcome("a.png", Verdict.FAILED))
    assert made == {"id": "a.png", "verdict": "failed", "kind": "failed"}


def test_failed_evaluation_is_counted_by_its_code() -> None:
    failed = {"id": "e-1", "status_code": "failed", "failure_code": "invalid_media"}
    assert row(failed, Verdict.FAILED)["kind"] == "invalid_media"
    assert row({"id": "e-1"}, Verdict.FAILED)["kind"] == "failed"
    assert row({"id": "e-1"}, Verdict.FAILED)["evaluation"] == "e-1"


def test_reason_of_server_is_message_of_failure() -> None:
    failed = {"status_code": "failed", "failure_code": "invalid_media", "check_summary": {"reason": "not an image"}}
    assert row(failed, Verdict.FAILED)["message"] == "not an image"


def test_issues_of_evaluation_stand_in_for_those_of_judges() -> None:
    issue = {"category": "hands", "detail": "six fingers"}
    assert row({"top_issues": ["hands"]})["issues"] == ["hands"]
    with_judge = row({"top_issues": ["hands"], "judges": [{"name": "j", "issues": [issue]}]})
    assert "issues" not in with_judge
    assert with_judge["judges"][0]["issues"] == [{"name": "hands", "detail": "six fingers"}]


def test_names_that_are_missing_have_a_word() -> None:
    found = row({"judges": [{"issues": [{}]}], "gate_failures": [{}]})
    assert found["judges"] == [{"name": "unnamed", "issues": [{"name": "uncategorized", "detail": ""}]}]
    assert found["gates"] == [{"name": "gate", "reason": ""}]


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "no JSON",
        "[]",
        "null",
        "[" * 100_000,
        '{"judges": "x", "action": 7, "top_issues": [1], "generation_prompt": {}}',
    ],
)
def test_body_outside_contract_gives_row_without_facts(odd: str) -> None:
    assert row(odd, item_id="7") == {"id": "7", "verdict": "passed"}


@pytest.mark.parametrize("value", [float("nan"), 1e300, True, "0.9", None, 10**400])
def test_number_that_is_none_is_left_out(value: Any) -> None:
    assert "confidence" not in row({"judges": [{"confidence": value}]})["judges"][0]


def test_texts_are_redacted_and_bounded() -> None:
    secret = "\ud800 see https://x.example/a.png?sig=s3cr3t and data:image/png;base64,AAAA"
    found = {
        "generation_prompt": secret,
        "judges": [{"name": secret, "reasoning": "x" * 100_000, "evidence": ["y"] * 1_000}] * 1_000,
        "generated_image_url": "https://user:pass@x.example/a.png?sig=s3cr3t#part",
    }
    made = row(found, item_id="https://x.example/b.png?sig=s3cr3t")
    text = json.dumps(made)
    assert "s3cr3t" not in text and "AAAA" not in text and "pass@" not in text and "\\ud800" not in text
    assert len(made["judges"]) == 50 and len(made["judges"][0]["evidence"]) == 50
    assert made["judges"][0]["reasoning"] == "[encoded data cut]"
    assert len(row({"generation_prompt": "word " * 100_000})["prompt"]) == 10_000
    assert made["link"] == "https://x.example/a.png"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "runflow://assets/1", "data:image/png;base64,AAAA", "", None, 7, "https://"]
)
def test_only_web_addresses_become_links(url: Any) -> None:
    assert link_to(url) == ""


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        (("2026-01-01T10:00:00Z", "2026-01-01T09:00:00Z", "2026-01-01T10:01:30.5Z"), 90.5),
        ((None, "2026-01-01T10:00:00+01:00", "2026-01-01T09:00:01Z"), 1.0),
        (("2026-01-01T10:00:00Z", None, "2026-01-01T09:00:00Z"), None),
        (("2026-01-01T10:00:00Z", None, None), None),
        ((None, None, "2026-01-01T10:00:00Z"), None),
        (("x", None, "2026-01-01T10:00:00Z"), None),
    ],
)
def test_seconds_are_from_submit_to_end(times: tuple[str | None, ...], seconds: float | None) -> None:
    submitted, created, completed = times
    made = row({"submitted_at": submitted, "created_at": created, "completed_at": completed})
    assert made.get("seconds") == seconds
