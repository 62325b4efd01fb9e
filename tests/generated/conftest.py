"""A full answer, made of the contract itself."""

import copy
import json
from importlib import resources
from typing import Any

import pytest

from scripts.measure.full_evaluation import full_evaluation


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    return json.loads(resources.files("runflow_api").joinpath("openapi.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def answer(contract: dict[str, Any]) -> dict[str, Any]:
    """An evaluation with a value in every field, two elements in every list, and a parent; not to be changed."""
    document = full_evaluation(contract, {}, usual=2)
    document["parent_evaluation"] = {**copy.deepcopy(document), "run": None, "model": None}
    return document
