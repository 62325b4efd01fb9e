"""Pairs of small contracts, each with the ratings that a user of a client library would expect; several where opinions differ."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.contract.spec_changes.changes import changes
from scripts.contract.spec_changes.document import CannotCompareError, Document

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cases" / "spec-diff.json").read_text(encoding="utf-8")
)


def rating(base: str, revision: str) -> str:
    """The worst rating; `none` where nothing changed and `refused` where the contracts cannot be compared."""
    try:
        found = changes(Document(base, "the old version"), Document(revision, "the new version"))
    except CannotCompareError:
        return "refused"
    return found[0].rating if found else "none"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_pair_is_rated_as_users_expect(case: dict[str, Any]) -> None:
    assert rating(case["base"], case["revision"]) in case["rating"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_version_compared_with_itself_has_no_change(case: dict[str, Any]) -> None:
    assert rating(case["base"], case["base"]) in ("none", "refused")


def test_the_cases_are_all_there() -> None:
    assert len(CASES) == 341
    assert len({case["name"] for case in CASES}) == 341
