"""Names the command to type when a library of the `sandbox` extra is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from .._extras import missing_library

_LIBRARIES = ("jsonschema", "referencing", "PIL", "h11")


@contextmanager
def explain_missing_library() -> Iterator[None]:
    """Make a failed import of one of the extra's libraries, inside this block, name the command that installs it."""
    try:
        yield
    except ModuleNotFoundError as missing:
        library = (missing.name or "").partition(".")[0]
        if library not in _LIBRARIES:
            raise
        raise ModuleNotFoundError(missing_library("the sandbox", library, "sandbox"), name=library) from missing
