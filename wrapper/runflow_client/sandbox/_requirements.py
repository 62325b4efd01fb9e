"""Says what to install when a library of the `sandbox` extra is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

_LIBRARIES = ("jsonschema", "referencing", "PIL", "h11")


@contextmanager
def sandbox_extra() -> Iterator[None]:
    """Turn a missing library of the extra, imported inside this block, into an error that says how to get it."""
    try:
        yield
    except ModuleNotFoundError as missing:
        library = (missing.name or "").partition(".")[0]
        if library not in _LIBRARIES:
            raise
        raise ModuleNotFoundError(
            f'the sandbox needs {library}, which is not installed: pip install "runflow-client[sandbox]"', name=library
        ) from missing
