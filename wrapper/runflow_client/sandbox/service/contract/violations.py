"""Describes the errors of a request with locations, rules, lengths and limits, but never with the value itself."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..._replies import field_error
from ..._requirements import explain_missing_library

with explain_missing_library():
    from jsonschema.exceptions import ValidationError

_MAX_NAME = 100
_NUMBER_RULES = {
    "minimum": "at least",
    "exclusiveMinimum": "greater than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


def describe_violations(errors: Iterable[ValidationError], prefix: Sequence[str | int]) -> list[dict[str, Any]]:
    """Describe each error once, as an item of the envelope's `errors`."""
    described: list[dict[str, Any]] = []
    for error in errors:
        for leaf in _leaves(error):
            for item in _describe(leaf, [*prefix, *(_short(step) for step in leaf.absolute_path)]):
                if item not in described:
                    described.append(item)
    return described


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Replace an error of `anyOf` or `oneOf` by the errors of the one alternative whose type matches, if there is one."""
    if error.validator not in {"anyOf", "oneOf"} or not error.context:
        yield error
        return
    branches: dict[Any, list[ValidationError]] = {}
    for nested in error.context:
        branches.setdefault(nested.schema_path[0], []).append(nested)
    matching = [branch for branch in branches.values() if not any(_is_wrong_type(nested) for nested in branch)]
    if len(matching) != 1:
        yield error
        return
    for nested in matching[0]:
        yield from _leaves(nested)


def _is_wrong_type(error: ValidationError) -> bool:
    return error.validator == "type" and not error.path


def _describe(error: ValidationError, loc: list[str | int]) -> Iterator[dict[str, Any]]:
    if error.validator == "required":
        wanted: Any = error.validator_value
        present: Any = error.instance
        for name in wanted:
            if name not in present:
                yield field_error([*loc, name], "Field required", "missing")
    else:
        yield field_error(loc, *_message(str(error.validator), error.validator_value, error.instance))


def _message(rule: str, limit: Any, value: Any) -> tuple[str, str]:
    if rule == "type":
        types = [limit] if isinstance(limit, str) else list(limit)
        return f"Input should be of type {' or '.join(types)}", f"{types[0]}_type"
    if rule in {"minLength", "maxLength"}:
        bound, kind = ("at least", "string_too_short") if rule == "minLength" else ("at most", "string_too_long")
        return f"String should have {bound} {limit} characters, it has {len(value)}", kind
    if rule in {"minItems", "maxItems"}:
        bound, kind = ("at least", "too_short") if rule == "minItems" else ("at most", "too_long")
        return f"List should have {bound} {limit} items, it has {len(value)}", kind
    if rule in _NUMBER_RULES:
        return f"Input should be {_NUMBER_RULES[rule]} {limit}", "out_of_range"
    if rule == "format":
        return f"Input should be a valid {limit}", f"{limit}_parsing"
    if rule == "pattern":
        return f"String should match the pattern {limit}", "string_pattern_mismatch"
    if rule == "enum":
        return f"Input should be one of: {', '.join(map(str, limit))}", "enum"
    return f"Input does not meet the contract's rule {rule}", rule


def _short(step: str | int) -> str | int:
    return step if isinstance(step, int) else step[:_MAX_NAME]
