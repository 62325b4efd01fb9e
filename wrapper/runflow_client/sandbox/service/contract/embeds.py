"""The relations that a request asks for with `embed`."""

from collections.abc import Mapping
from typing import Any

from ..._replies import field_error, unprocessable
from .contract import Arguments


def embedded(arguments: Arguments, relations: Mapping[str, Any]) -> dict[str, Any]:
    """Return the relations that `embed` names.

    Raises:
        RefusedError: 422, a name is not a relation (inferred).
    """
    wanted = [name for name in arguments.query.get("embed", "").split(",") if name]
    if not relations.keys() >= set(wanted):
        allowed = f"Input should be some of: {', '.join(relations)}"
        raise unprocessable([field_error(["query", "embed"], allowed, "enum")])
    return {name: relations[name] for name in wanted}
