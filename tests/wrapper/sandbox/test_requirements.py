"""A missing library of the extra is named with the command that installs it."""

import subprocess
import sys

import pytest

from runflow_client._extras import install_command
from runflow_client.sandbox._requirements import explain_missing_library


def run_without(library, code):
    """Run Python code as if a library were not installed."""
    blocked = f"import sys; sys.modules[{library!r}] = None\n"
    return subprocess.run([sys.executable, "-c", blocked + code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("library", ["PIL", "jsonschema", "referencing"])
def test_sandbox_without_a_library_names_the_extra(library):
    done = run_without(library, "from runflow_client.sandbox import Sandbox; Sandbox()")
    assert f"the sandbox needs {library}, which is not installed: {install_command('sandbox', library)}" in done.stderr


def test_pictures_without_pillow_name_the_extra():
    done = run_without("PIL", "from runflow_client.sandbox import sharp_picture")
    assert install_command("sandbox", "PIL") in done.stderr


@pytest.mark.parametrize("name", ["PIL", "jsonschema.validators"])
def test_missing_library_outside_the_extra_is_not_explained(name):
    with pytest.raises(ModuleNotFoundError, match="pip install"), explain_missing_library():
        raise ModuleNotFoundError(name=name)
    with pytest.raises(ModuleNotFoundError) as other, explain_missing_library():
        raise ModuleNotFoundError("no such thing", name="other_library")
    assert "pip install" not in str(other.value)
