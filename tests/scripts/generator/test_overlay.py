"""An overlay changes a contract as OpenAPI Overlay 1.0 says, and an action that changes nothing is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from .test_generate import Generator, generator, once, written

__all__ = ["generator", "once", "written"]  # fixtures


def generated(run: Generator, *actions: dict[str, Any]) -> dict[str, Any]:
    """The contract after the actions."""
    overlay = {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": list(actions)}
    run.overlay.write_text(yaml.safe_dump(overlay), encoding="utf-8")
    found: dict[str, Any] = json.loads(run.write()["openapi.json"])
    return found


def test_objects_are_merged_lists_extended_and_targets_removed(generator: Generator) -> None:
    health = "$.paths['/v1/health'].get"
    contract = generated(
        generator,
        {"target": f"{health}.tags", "remove": True},
        {"target": health, "update": {"operationId": "is_up", "tags": ["Status"], "x-more": {"a": {"b": 1}}}},
        {"target": f"{health}['x-more']", "update": {"a": {"c": 2}}},
        {"target": f"{health}.tags", "update": "Second"},
        {"target": "$.components.schemas.Health", "update": {"x-class-name": "Heartbeat"}},
    )
    operation = contract["paths"]["/v1/health"]["get"]
    assert (operation["operationId"], operation["tags"], operation["x-more"]) == (
        "is_up",
        ["Status", "Second"],
        {"a": {"b": 1, "c": 2}},
    )
    files = generator.files()
    assert b"Operation[api_models.Heartbeat]" in files["api/status/is_up.py"]
    assert "models/heartbeat.py" in files
    assert "models/health.py" not in files


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (
            {"target": "$.paths['/v1/gone']", "update": {}},
            "action 1 ($.paths['/v1/gone']): the target is not in the contract",
        ),
        ({"target": "$.paths[", "remove": True}, "the target is no JSONPath"),
        ({"target": "$.info.title", "update": "x"}, "an update needs an object for an object"),
        ({"target": "$.info"}, "an action needs an update, or remove: true"),
        ({"target": "$.info", "update": {}, "upsert": 1}, "an action has no key upsert"),
        ({"target": "$", "remove": True}, "the whole contract cannot be removed"),
        ({"update": {}}, "an action needs a target"),
    ],
)
def test_an_action_that_cannot_be_done_is_refused_by_name(
    written: Generator, action: dict[str, Any], words: str
) -> None:
    overlay = {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": [action]}
    written.overlay.write_text(yaml.safe_dump(overlay), encoding="utf-8")
    refusal = written.refusal()
    assert "openapi.overlay.yaml" in refusal
    assert words in refusal


@pytest.mark.parametrize(
    "text", ["[]", "overlay: 2.0.0\nactions: []", "overlay: 1.0.0", "overlay: 1.0.0\nactions: [{}]\nmore: 1"]
)
def test_a_file_that_is_no_overlay_is_refused(written: Generator, text: str) -> None:
    written.overlay.write_text(text, encoding="utf-8")
    assert "overlay" in written.refusal()
