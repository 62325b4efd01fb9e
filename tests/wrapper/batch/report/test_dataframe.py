from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import polars
import pytest
from batches import URL, requests, sandbox

from runflow_client import Evaluation, EvaluationRequest, Outcome
from runflow_client.batch.report import dataframe
from runflow_client.batch.report.dataframe import COLUMNS, frame_maker, record_of
from runflow_client.errors import InvalidRequestError, WaitTimeoutError

LIBRARIES: dict[str, Any] = {"pandas": pandas.DataFrame, "polars": polars.DataFrame}


@pytest.mark.parametrize("library", LIBRARIES)
def test_frame_holds_outcomes_not_yet_taken(library: str) -> None:
    with sandbox().client() as client:
        batch = client.evaluations.evaluate_many(requests(4), ordered=True)
        outcomes = iter(batch)
        taken = next(outcomes)
        frame = batch.to_dataframe(library)
    assert taken.index == 0
    assert isinstance(frame, LIBRARIES[library])
    assert tuple(frame.columns) == COLUMNS
    assert frame["index"].to_list() == [1, 2, 3]
    assert frame["verdict"].to_list() == ["passed"] * 3
    assert frame["from_journal"].to_list() == [False] * 3


def test_async_batch_makes_same_frame() -> None:
    async def main() -> pandas.DataFrame:
        async with sandbox().async_client() as client:
            frame = await client.evaluations.evaluate_many(requests(3), ordered=True).to_dataframe()
        assert isinstance(frame, pandas.DataFrame)
        return frame

    assert asyncio.run(main())["index"].to_list() == [0, 1, 2]


@pytest.mark.parametrize("library", LIBRARIES)
def test_frame_of_nothing_has_its_columns(library: str) -> None:
    frame = frame_maker(library)([])
    assert tuple(frame.columns) == COLUMNS and len(frame) == 0


@pytest.mark.parametrize("library", LIBRARIES)
def test_charges_stay_exact(library: str) -> None:
    body = {"status_code": "completed", "overall_passed": True}
    records = [
        record_of(Outcome(index, EvaluationRequest(URL, "ad"), Evaluation.from_dict(body | {"cost": cost}), None, None))
        for index, cost in enumerate(("0.1", "0.20", "12.3456", None))
    ]
    charges = [charge for charge in frame_maker(library)(records)["charged"].to_list() if charge is not None]
    assert sum(charges) == Decimal("12.6456")


def test_journal_gives_frame_of_whole_batch(tmp_path: Path) -> None:
    place, journal = sandbox(), tmp_path / "journal"
    with place.client() as client:
        next(iter(client.evaluations.evaluate_many(requests(5), journal=journal)))
        list(client.evaluations.evaluate_many(requests(5), journal=journal))
        frame = client.evaluations.evaluate_many(requests(5), journal=journal).to_dataframe()
    assert sorted(frame["index"]) == [0, 1, 2, 3, 4] and frame["from_journal"].all()
    assert len(place.charges) == 5


def test_row_holds_findings_without_secrets() -> None:
    judges = [
        {"name": "hands", "passed": False, "issues": [{"detail": "six fingers"}, {"category": "thumb"}, {}]},
        {"name": "light", "passed": True},
    ]
    body = {
        "id": "e-1",
        "status_code": "completed",
        "overall_passed": False,
        "weighted_pass_rate": 0.25,
        "judges": judges,
        "action": {"improved_prompt": "as in https://x.example/?sig=s3cr3t"},
    }
    request = EvaluationRequest(URL, "ad", client_ref="order-7", item_id="a.png")
    record = record_of(Outcome(3, request, Evaluation.from_dict(body), None, "key"))
    assert record["failed_judges"] == "hands" and record["issues"] == "six fingers; thumb"
    assert (record["score"], record["verdict"], record["item_id"]) == (0.25, "rejected", "a.png")
    assert "s3cr3t" not in json.dumps(record, default=str)


def test_row_of_error_holds_its_message() -> None:
    error = WaitTimeoutError(Evaluation.from_dict({"id": "e-1"}))
    record = record_of(Outcome(0, EvaluationRequest(URL, "ad"), None, error, "key"))
    assert record["error"] == "WaitTimeoutError" and "had not ended" in record["message"]
    assert record["verdict"] is record["evaluation_id"] is record["improved_prompt"] is None


def test_other_library_is_refused_before_anything_is_submitted() -> None:
    place = sandbox()
    with place.client() as client, pytest.raises(InvalidRequestError, match="pass 'pandas' or 'polars'"):
        client.evaluations.evaluate_many(requests(1)).to_dataframe("excel")
    assert not place.charges


def test_missing_library_is_named_with_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataframe, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install pandas") as raised:
        frame_maker(None)
    assert raised.value.name == "pandas"
    with pytest.raises(ModuleNotFoundError, match="pip install polars"):
        frame_maker("polars")


def test_only_installed_library_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataframe, "find_spec", lambda name: None if name == "pandas" else object())
    assert isinstance(frame_maker(None)([]), polars.DataFrame)
