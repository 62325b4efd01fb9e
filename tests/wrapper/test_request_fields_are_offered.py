"""Every field and parameter of the contract's requests is given by the wrapper, or listed as left out."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import attrs

import runflow_client
from runflow_api import api, models

WRAPPER = Path(runflow_client.__file__).parent

LEFT_OUT: dict[str, str] = {
    "x_organization_id": "a header of the client, for every call alike",
    "idempotency_key": "a header that a call is given with its retries",
    "additional_properties": "not a field of the contract",
    "get_account.embed": "what it embeds is not documented",
    "get_asset.embed": "what it embeds is not documented",
}
"""What no call in the wrapper names, and why."""


def given() -> dict[str, set[str]]:
    """The keywords of every call in the wrapper, by the name of what is called."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in WRAPPER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                function = node.func
                called = function.id if isinstance(function, ast.Name) else ast.unparse(function)
                found[called.removeprefix("api_models.").removesuffix(".operation")] |= {
                    each.arg for each in node.keywords if each.arg
                }
    return found


def offered_by_the_contract() -> dict[str, set[str]]:
    """The fields of each request, and the parameters of each operation."""
    found = {}
    for name in models.__all__:
        model = getattr(models, name)
        if hasattr(model, "__attrs_post_init__"):
            found[name] = {each.name for each in attrs.fields(model)}
    for path in Path(api.__file__).parent.rglob("[a-z]*.py"):
        module = import_module(f"runflow_api.api.{path.parent.name}.{path.stem}")
        parameters = inspect.signature(module.operation).parameters.values()
        found[path.stem] = {each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}
    return found


def test_every_request_field_is_given_or_left_out_by_name() -> None:
    calls = given()
    missing = [
        f"{name}.{field}"
        for name, fields in sorted(offered_by_the_contract().items())
        for field in sorted(fields - calls[name])
        if field not in LEFT_OUT and f"{name}.{field}" not in LEFT_OUT
    ]
    assert missing == [], "give each an argument of a method, or list it in LEFT_OUT with the reason"


def test_a_field_that_no_method_gives_would_be_named() -> None:
    calls = given()
    assert "task_type" in calls["SubmitEvaluationRequest"]
    assert "unheard_of" not in calls["SubmitEvaluationRequest"]
    assert {"SubmitEvaluationRequest", "submit_evaluation"} <= offered_by_the_contract().keys()
