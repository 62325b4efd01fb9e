"""Whether a fault's method and path can belong to any request that the sandbox serves: a misspelled route would never be taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

_SET = re.compile(r"\[[^\]]+\]")
_PARAMETER = re.compile(r"\{[^}]+\}")
# Stands for a path parameter: any text without a slash.
_SEGMENT = "\0"


class Routes:
    """The methods and paths that are served.

    Args:
        routes: methods and paths; in a path `{id}` stands for a text without a slash, and `*` for any text.
    """

    def __init__(self, routes: Sequence[tuple[str, str]]) -> None:
        self._routes = routes

    def check(self, method: str, path: str) -> None:
        """Raise an error for a route that no request can have.

        Args:
            method: may hold `*`.
            path: may hold `*`, `?` and sets such as `[ab]`.

        Raises:
            ValueError: no request has this method and path; the message names similar ones.
        """
        wanted = _SET.sub("?", path)
        if not any(
            _overlap(method, served) and _overlap(wanted, _PARAMETER.sub(_SEGMENT, template))
            for served, template in self._routes
        ):
            written = f"{method} {path}"
            texts = [f"{served} {_PARAMETER.sub('*', template)}" for served, template in self._routes]
            similar = get_close_matches(written, texts, n=1)
            advice = f"did you mean {similar[0]!r}?" if similar else f"the routes are {', '.join(texts)}"
            raise ValueError(
                f"no request has the method and path {written!r}, so this fault would never be taken: {advice}"
            )


def _overlap(wanted: str, served: str) -> bool:
    """Return whether some text matches both patterns."""
    if not wanted and not served:
        return True
    if wanted.startswith("*"):
        return _overlap(wanted[1:], served) or (served != "" and _overlap(wanted, served[1:]))
    if served.startswith(("*", _SEGMENT)):
        takes = wanted != "" and (served[0] == "*" or wanted[0] != "/")
        return _overlap(wanted, served[1:]) or (takes and _overlap(wanted[1:], served))
    if not wanted or not served:
        return False
    return wanted[0] in ("?", served[0]) and _overlap(wanted[1:], served[1:])
