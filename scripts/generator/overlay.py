"""Applies an OpenAPI Overlay (1.0): what a provider's document does not say, kept in a file beside it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jsonpath

from .document import plain_json, read_yaml
from .refusals import GenerationError, Refusals

_KEYS = frozenset(("overlay", "info", "extends", "actions"))
_ACTION_KEYS = frozenset(("target", "description", "update", "remove"))


def apply_overlay(spec: dict[str, Any], path: Path) -> None:
    """Changes a contract as an overlay says, action after action.

    Args:
        spec: The contract; it is changed.
        path: The overlay, YAML or JSON.

    Raises:
        GenerationError: The overlay is not one, or an action of it changes nothing: the contract has moved away from it.
    """
    overlay = plain_json(read_yaml(path), path.name)
    _check_form(overlay, path.name)
    refusals = Refusals()
    for index, action in enumerate(overlay["actions"], start=1):
        with refusals.collecting(f"{path.name}, action {index} ({action.get('target')})"):
            _apply(spec, action)
    refusals.raise_if_any()


def _check_form(overlay: Any, name: str) -> None:
    if not isinstance(overlay, dict) or not str(overlay.get("overlay", "")).startswith("1."):
        raise GenerationError(f"{name}: an overlay needs to say `overlay: 1.0.0`")
    if unknown := sorted(key for key in overlay if key not in _KEYS and not key.startswith("x-")):
        raise GenerationError(f"{name}: an overlay has no key {', '.join(unknown)}")
    actions = overlay.get("actions")
    if not isinstance(actions, list) or not actions or not all(isinstance(action, dict) for action in actions):
        raise GenerationError(f"{name}: an overlay needs a list of actions")


def _apply(spec: dict[str, Any], action: dict[str, Any]) -> None:
    if unknown := sorted(key for key in action if key not in _ACTION_KEYS and not key.startswith("x-")):
        raise GenerationError(f"an action has no key {', '.join(unknown)}")
    if not isinstance(action.get("target"), str):
        raise GenerationError("an action needs a target")
    is_removal = action.get("remove") is True
    if not is_removal and "update" not in action:
        raise GenerationError("an action needs an update, or remove: true")
    try:
        found = [match.parts for match in jsonpath.finditer(action["target"], spec, strict=True)]
    except jsonpath.JSONPathError as error:
        raise GenerationError(f"the target is no JSONPath: {error}") from None
    if not found:
        raise GenerationError("the target is not in the contract")
    # From the end, so that the places of what is still to be removed do not move.
    for parts in reversed(found) if is_removal else found:
        if is_removal:
            _remove(spec, parts)
        else:
            _update(spec, parts, action["update"])


def _remove(spec: dict[str, Any], parts: tuple[Any, ...]) -> None:
    if not parts:
        raise GenerationError("the whole contract cannot be removed")
    parent = _at(spec, parts[:-1])
    if (isinstance(parent, dict) and parts[-1] in parent) or isinstance(parent, list):
        del parent[parts[-1]]


def _update(spec: dict[str, Any], parts: tuple[Any, ...], update: Any) -> None:
    target = _at(spec, parts)
    if isinstance(target, list):
        target.append(copy.deepcopy(update))
    elif isinstance(target, dict) and isinstance(update, dict):
        _merge(target, update)
    else:
        raise GenerationError("an update needs an object for an object; name the object that holds the value")


def _merge(target: dict[str, Any], update: dict[str, Any]) -> None:
    for key, value in update.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        elif isinstance(value, list) and isinstance(target.get(key), list):
            target[key].extend(copy.deepcopy(value))
        else:
            target[key] = copy.deepcopy(value)


def _at(spec: dict[str, Any], parts: tuple[Any, ...]) -> Any:
    found: Any = spec
    for part in parts:
        found = found[part]
    return found
