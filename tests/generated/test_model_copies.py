"""Models compare, copy, pickle and can be subclassed."""

import copy
import json
import pickle
from typing import Any

import pytest

from runflow_api import models
from runflow_api.models import Evaluation, SubmitEvaluationRequest


class WithHelper(Evaluation):
    __slots__ = ()

    @property
    def is_over(self) -> bool:
        return self.status_code == "completed"


def test_copies_of_a_full_answer_are_equal_and_apart(answer: dict[str, Any]) -> None:
    evaluation = Evaluation.from_dict(answer)
    for each in (copy.deepcopy(evaluation), pickle.loads(pickle.dumps(evaluation))):
        assert each == evaluation
        assert each is not evaluation
        assert each.run is not evaluation.run
        each.id = "another"
        assert each != evaluation
    assert copy.copy(evaluation).run is evaluation.run


def test_two_readings_of_one_answer_are_equal(answer: dict[str, Any]) -> None:
    assert Evaluation.from_dict(answer) == Evaluation.from_dict(json.loads(json.dumps(answer)))
    assert Evaluation.from_dict(answer) != Evaluation.from_dict({**answer, "new": 1})


def test_subclass_without_slots_holds_itself_as_parent(answer: dict[str, Any]) -> None:
    evaluation = WithHelper.from_dict({**answer, "status_code": "completed"})
    assert type(evaluation) is WithHelper
    assert evaluation.is_over
    assert type(evaluation.parent_evaluation) is WithHelper
    again = pickle.loads(pickle.dumps(copy.deepcopy(evaluation)))
    assert type(again) is WithHelper
    assert again == evaluation
    assert repr(evaluation).startswith("WithHelper(id=")
    assert not hasattr(evaluation, "__dict__")


def test_requests_copy_too() -> None:
    request = SubmitEvaluationRequest(generated_image_url="https://example.com/a.png", task_type="headshot")
    assert copy.deepcopy(request) == request == pickle.loads(pickle.dumps(request))


def test_no_attribute_can_be_misspelt() -> None:
    evaluation: Any = Evaluation.from_dict({})
    with pytest.raises(AttributeError):
        evaluation.statuscode = "x"


def test_models_are_made_by_keyword_too() -> None:
    assert Evaluation(id="e", client_ref="c") == Evaluation.from_dict({"id": "e", "client_ref": "c"})


def test_no_two_models_share_their_additional_properties() -> None:
    one, other = Evaluation.from_dict({}), Evaluation.from_dict({})
    one.additional_properties["a"] = 1
    assert other.additional_properties == {}


def test_every_component_of_the_contract_has_its_class(contract: dict[str, Any]) -> None:
    assert set(models.__all__) == set(contract["components"]["schemas"]) - {"JsonObject"}
    for name, schema in contract["components"]["schemas"].items():
        if "properties" in schema and not hasattr(getattr(models, name), "__attrs_post_init__"):  # a request has one
            assert set(getattr(models, name).from_dict({}).to_dict()) == set(schema["properties"])


def test_attributes_have_the_names_of_the_wire(contract: dict[str, Any]) -> None:
    for name, schema in contract["components"]["schemas"].items():
        for field in schema.get("properties", ()):
            assert hasattr(getattr(models, name), field), f"{name}.{field}"
