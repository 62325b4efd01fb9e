from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import runflow_client

MODULES = [
    module.name
    for module in pkgutil.walk_packages(runflow_client.__path__, "runflow_client.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", ["runflow_client", *MODULES])
def test_docstring_examples_give_documented_output(name: str) -> None:
    module = importlib.import_module(name)
    outcome = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert outcome.failed == 0
