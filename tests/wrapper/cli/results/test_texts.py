from __future__ import annotations

import io
from typing import Any

import pytest

from runflow_client import Evaluation
from runflow_client.cli.results.records import record_of
from runflow_client.cli.results.texts import write_evaluation
from runflow_client.cli.terminal.screen import Screen

EVALUATION = {
    "id": "e-1",
    "status_code": "completed",
    "overall_passed": False,
    "weighted_pass_rate": 0.25,
    "judges": [
        {
            "name": "hands",
            "passed": False,
            "reasoning": "six\n fingers",
            "issues": [{"category": "anatomy", "detail": "six"}],
        },
        {"name": "light", "passed": True, "reasoning": "soft"},
        {"name": 7, "passed": None},
        "no judge",
    ],
    "action": {"improved_prompt": "five\x1b[31m fingers"},
}


def written(evaluation: dict[str, Any], *, all_judges: bool) -> list[str]:
    stream = io.StringIO()
    found = Evaluation.from_dict(evaluation)
    write_evaluation(Screen(stdout=stream, stderr=io.StringIO()), found, record_of(found), all_judges=all_judges)
    return stream.getvalue().splitlines()


def test_rejected_image_is_shown_with_what_speaks_against_it() -> None:
    assert written(EVALUATION, all_judges=False) == [
        "rejected   0.25  e-1",
        "  rejected  hands    six fingers",
        "  issue     anatomy  six",
        "  improved prompt  five [31m fingers",
    ]


def test_all_judges_are_shown_where_asked_for() -> None:
    lines = written(EVALUATION, all_judges=True)
    assert [line.split()[0] for line in lines[1:4]] == ["rejected", "passed", "no"]


@pytest.mark.parametrize("judges", [None, "none", {"a": 1}])
def test_judges_of_any_shape_are_no_error(judges: Any) -> None:
    assert written({**EVALUATION, "judges": judges}, all_judges=True)[0].startswith("rejected")
