"""What to say where a library of an extra is not installed: the command that installs it, as this package's metadata names it."""

from __future__ import annotations

# The distribution of a module, where their names differ.
_DISTRIBUTIONS = {"PIL": "pillow", "psycopg": "psycopg[binary]", "ray": "ray[data]"}


def missing_library(user: str, module: str, extra: str) -> str:
    """Return the message of an error: who needs the module, and the command that installs all of the extra's distributions.

    Args:
        user: what needs the module, as the subject of the sentence.
        module: the top-level module that is missing.
        extra: the extra of this package that brings it.
    """
    return f"{user} needs {module}, which is not installed: {install_command(extra, module)}"


def install_command(extra: str, module: str) -> str:
    """Return a pip command that needs neither a checkout nor an index that has this package."""
    # Loaded late: nobody else needs it.
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires("runflow-client") or []
    except PackageNotFoundError:  # in an archive, or a folder on the path
        lines = []
    parts = [line.partition(";") for line in lines]
    found = [
        name.strip() for name, _, marker in parts if marker.strip() in (f"extra == '{extra}'", f'extra == "{extra}"')
    ]
    return "pip install " + " ".join(f'"{name}"' for name in found or [_DISTRIBUTIONS.get(module, module)])
