"""The error for a caller's image or file that cannot be used."""

from __future__ import annotations

from ...errors import InvalidRequestError


def argument_error(argument: str, text: str) -> InvalidRequestError:
    return InvalidRequestError(f"{argument}: {text}", argument=argument)
