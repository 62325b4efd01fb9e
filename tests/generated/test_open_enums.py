"""Enums take what they do not list."""

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runflow_api.models import Evaluation, EvaluationStatus


def test_a_listed_value_is_its_member() -> None:
    assert EvaluationStatus("pending") is EvaluationStatus.PENDING
    assert EvaluationStatus.PENDING == "pending"
    assert EvaluationStatus.PENDING.is_known


def test_an_unlisted_value_is_a_member_equal_to_its_string() -> None:
    status = EvaluationStatus("paused")
    assert isinstance(status, EvaluationStatus)
    assert status == "paused"
    assert status.value == "paused"
    assert str(status) == "paused"
    assert f"{status}" == "paused"
    assert status == EvaluationStatus("paused")
    assert status != EvaluationStatus.PENDING
    assert not status.is_known


def test_value_equal_to_member_name_is_unknown() -> None:
    assert not EvaluationStatus("PENDING").is_known
    assert EvaluationStatus("PENDING") != EvaluationStatus.PENDING


@pytest.mark.parametrize("value", ["pending", "paused", "", "É\n\x00"])
def test_a_member_hashes_like_its_string_and_survives_copying(value: str) -> None:
    status = EvaluationStatus(value)
    assert {value: 1}[status] == 1
    copies = [copy.copy(status), copy.deepcopy(status)]
    copies += [pickle.loads(pickle.dumps(status, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for each in copies:
        assert type(each) is EvaluationStatus
        assert each == value
        assert each.is_known == status.is_known
    assert json.dumps([status]) == json.dumps([value])


def test_unlisted_values_are_not_collected() -> None:
    before = len(EvaluationStatus._value2member_map_), len(list(EvaluationStatus))
    for number in range(1000):
        EvaluationStatus(f"new_{number}")
    assert (len(EvaluationStatus._value2member_map_), len(list(EvaluationStatus))) == before


@pytest.mark.parametrize("value", [None, 7, True, 1.5, [], ["pending"], {}, {"code": "pending"}])
def test_what_is_no_string_stays_as_it_came(value: object) -> None:
    assert EvaluationStatus.read(value) is value
    assert Evaluation.from_dict({"status_code": value}).status_code is value


def test_what_is_no_string_makes_no_member() -> None:
    with pytest.raises(ValueError, match="7"):
        EvaluationStatus(7)


def test_unknown_value_repr_is_short_and_marked_unknown() -> None:
    assert repr(EvaluationStatus.PENDING) == "<EvaluationStatus.PENDING: 'pending'>"
    assert repr(EvaluationStatus("paused")) == "<EvaluationStatus: 'paused' (not known)>"
    assert len(repr(EvaluationStatus("x" * 10_000))) < 120


def test_an_evaluation_with_an_unlisted_status_gives_it_back() -> None:
    evaluation = Evaluation.from_dict({"status_code": "paused"})
    assert evaluation.status_code is not None
    assert not evaluation.status_code.is_known
    assert json.loads(json.dumps(evaluation.to_dict()))["status_code"] == "paused"
    assert type(evaluation.to_dict()["status_code"]) is str


@given(st.text())
def test_any_string_is_a_member_equal_to_it(value: str) -> None:
    member = EvaluationStatus.read(value)
    assert member == value
    assert hash(member) == hash(value)
    assert member.value == value
    repr(member)
