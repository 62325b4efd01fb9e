"""Whatever stands at one place of an answer: nothing is raised, and nothing else is lost."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runflow_api.models import Evaluation, EvaluationJudge, RunLog

MISSING = object()

Path = tuple[str | int, ...]


def every_path(value: Any, path: Path = ()) -> Iterator[Path]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from every_path(child, (*path, key))


def at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


@contextmanager
def changed(document: Any, path: Path, new: Any) -> Iterator[None]:
    """Puts something else into one place, or takes the place away, for a while: cheaper than a copy of the document."""
    holder, key = at(document, path[:-1]), path[-1]
    old = holder[key]
    holder[key] = new
    if new is MISSING:
        del holder[key]
    yield
    if new is MISSING and isinstance(key, int):
        holder.insert(key, old)
    else:
        holder[key] = old


def is_as_it_came(found: Any, sent: Any) -> bool:
    """Equal, or a model without a value where an empty object came."""
    if isinstance(sent, list):
        return isinstance(found, list) and len(found) == len(sent) and all(map(is_as_it_came, found, sent))
    if sent == {}:
        return isinstance(found, dict) and all(value is None for value in found.values())
    return found == sent and type(found) is type(sent)


@pytest.fixture(scope="session")
def written(answer: dict[str, Any]) -> dict[str, Any]:
    """What is given back of the answer as it should be."""
    return json.loads(json.dumps(Evaluation.from_dict(answer).to_dict()))


@pytest.mark.parametrize(
    "new",
    [MISSING, None, "a string", 7, [], [None], {}],
    ids=["missing", "null", "string", "number", "[]", "[null]", "{}"],
)
def test_one_bad_place_changes_nothing_else(answer: dict[str, Any], written: dict[str, Any], new: Any) -> None:
    answer = copy.deepcopy(answer)
    paths = list(every_path(answer))
    assert len(paths) > 500
    for path in paths:
        with changed(answer, path, new):
            result = json.loads(json.dumps(Evaluation.from_dict(answer).to_dict()))
        holder = at(result, path[:-1])
        if new is MISSING and (isinstance(path[-1], int) or path[-1] not in holder):
            # An element, or a field of a free-form object, is gone; a field of the contract is null.
            place = MISSING
        else:
            assert is_as_it_came(holder[path[-1]], None if new is MISSING else new), path
            place = holder[path[-1]]
        with changed(written, path, place):
            assert result == written, path


def test_repr_never_raises_whatever_stands_in_the_answer(answer: dict[str, Any]) -> None:
    for key in answer:
        for new in (None, "x" * 5000, 7, -1.5, [], [None], {}, {"a": [1]}, 10**5000, True, "\ud800", "\x00"):
            text = repr(Evaluation.from_dict({**answer, key: new}))
            assert text.startswith("Evaluation(")
            assert len(text) <= 200


def test_a_full_answer_comes_back_as_it_was(answer: dict[str, Any], written: dict[str, Any]) -> None:
    assert json.loads(json.dumps(written).replace("+00:00", "Z")) == answer


def test_a_full_answer_becomes_models_all_the_way_down(answer: dict[str, Any]) -> None:
    evaluation = Evaluation.from_dict(answer)
    assert evaluation.run is not None
    assert evaluation.run.model is not None
    assert evaluation.run.model.inputs is not None
    assert type(evaluation.run.model.inputs[1]).__name__ == "ModelInput"
    assert evaluation.judges is not None
    assert evaluation.judges[0].issues is not None
    assert type(evaluation.judges[0].issues[1]).__name__ == "EvaluationIssue"
    assert type(evaluation.parent_evaluation) is Evaluation


def test_a_missing_field_is_none() -> None:
    evaluation = Evaluation.from_dict({})
    assert evaluation.id is None
    assert evaluation.judges is None
    assert evaluation.created_at is None
    assert evaluation.additional_properties == {}
    assert set(evaluation.to_dict().values()) == {None}


def test_one_bad_element_leaves_its_siblings_models() -> None:
    evaluation = Evaluation.from_dict({"judges": [{"name": "a"}, None, "x", {"name": "b"}]})
    assert evaluation.judges == [
        EvaluationJudge.from_dict({"name": "a"}),
        None,
        "x",
        EvaluationJudge.from_dict({"name": "b"}),
    ]


def test_unknown_fields_are_kept_at_every_level_and_given_back(answer: dict[str, Any]) -> None:
    evaluation = Evaluation.from_dict({**answer, "mood": [1, {"a": None}], "judges": [{"id": "j", "rank": 3}]})
    assert evaluation.additional_properties == {"mood": [1, {"a": None}]}
    assert evaluation.judges is not None
    assert evaluation.judges[0].additional_properties == {"rank": 3}
    assert evaluation.to_dict()["mood"] == [1, {"a": None}]
    assert evaluation.to_dict()["judges"][0]["rank"] == 3


def test_unknown_fields_are_kept_when_known_ones_are_missing() -> None:
    judge = EvaluationJudge.from_dict({"id": "j"})
    same_size = {f"unknown_{number}": number for number in range(len(judge.to_dict()))}
    assert EvaluationJudge.from_dict(same_size).additional_properties == same_size


def test_a_field_of_the_contract_wins_over_an_additional_one() -> None:
    judge = EvaluationJudge.from_dict({"id": "j"})
    judge.additional_properties["id"] = "another"
    assert judge.to_dict()["id"] == "j"


def test_a_run_inside_its_own_log_is_read() -> None:
    log = RunLog.from_dict({"run": {"id": "r", "logs": [{"run": {"id": "inner"}}]}})
    assert log.run is not None
    assert log.run.logs is not None
    assert log.run.logs[0].run is not None
    assert log.run.logs[0].run.id == "inner"


def test_a_long_chain_of_parents_is_read_and_written() -> None:
    chain: dict[str, Any] = {"id": "0"}
    for number in range(1, 200):
        chain = {"id": str(number), "parent_evaluation": chain}
    evaluation = Evaluation.from_dict(json.loads(json.dumps(chain)))
    assert json.loads(json.dumps(evaluation.to_dict()))["parent_evaluation"]["parent_evaluation"]["id"] == "197"


def test_what_is_no_object_is_refused_as_a_whole() -> None:
    bodies: list[Any] = [[], [1], "text", 7, None, True]
    for body in bodies:
        with pytest.raises(TypeError):
            Evaluation.from_dict(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)
FIELDS = tuple(Evaluation.from_dict({}).to_dict())


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=6), json_values, max_size=8))
def test_any_object_is_read_written_and_read_again_alike(body: dict[str, Any]) -> None:
    evaluation = Evaluation.from_dict(body)
    written = evaluation.to_dict()
    json.dumps(written)
    repr(evaluation)
    assert written.keys() >= body.keys()
    assert Evaluation.from_dict(written) == evaluation
