"""Packages whose names are imported when they are first used, so that a process loads only what it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def attribute_loader(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package.

    Args:
        package: its full name.
        homes: the module, relative to the package, that each name is in.
    """

    def load(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"{package}.{home}"), name)
        setattr(import_module(package), name, value)  # the next use finds it without this function
        return value

    return load
