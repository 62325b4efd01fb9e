"""The names of the package, and what importing it loads."""

import subprocess
import sys

import pytest

from runflow_client import sandbox


def test_import_of_the_package_loads_no_library():
    code = (
        "import runflow_client.sandbox, sys\n"
        "print(sorted({'jsonschema', 'referencing', 'PIL', 'h11', 'httpx', 'asyncio'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_can_be_imported(monkeypatch):
    for name in ("Sandbox", "faults"):
        monkeypatch.delattr(sandbox, name, raising=False)
    assert all(getattr(sandbox, name) is not None for name in sandbox.__all__)
    assert set(sandbox.__all__) <= set(dir(sandbox))
    with pytest.raises(AttributeError, match="nothing"):
        _ = sandbox.nothing
