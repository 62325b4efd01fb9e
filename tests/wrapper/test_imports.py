from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import runflow_client
from runflow_client import callbacks, flows


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def modules_after(code: str) -> set[str]:
    return set(python(f"import sys; before = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))").split())


def test_package_import_loads_at_most_ten_modules() -> None:
    loaded = modules_after("import runflow_client")
    assert "httpx" not in loaded
    assert len(loaded) <= 10, loaded


@pytest.mark.parametrize("name", ["errors", "Evaluation", "PollPolicy", "ReferenceImage"])
def test_names_without_network_import_without_httpx(name: str) -> None:
    assert not {"httpx", "httpcore", "asyncio"} & modules_after(f"from runflow_client import {name}")


def test_flows_import_no_network_clock_or_random() -> None:
    assert not {"httpx", "httpcore", "asyncio", "random", "socket"} & modules_after(
        "import runflow_client.flows.evaluations"
    )
    package = Path(flows.__path__[0])
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            roots = {name.partition(".")[0] for name in names}
            assert not roots & {"httpx", "httpcore", "asyncio", "threading", "time", "random", "socket"}, path


def test_every_public_name_is_importable() -> None:
    assert "ok" in python(
        "import runflow_client as r\n"
        "for name in r.__all__: assert getattr(r, name) is not None, name\n"
        "assert set(r.__all__) <= set(dir(r))\n"
        "print('ok')"
    )


def test_unknown_public_name_raises_attribute_error() -> None:
    for module in (runflow_client, callbacks):
        with pytest.raises(AttributeError, match="nonsense"):
            module.nonsense


def test_every_name_of_callbacks_is_importable_without_http_client() -> None:
    code = (
        "from runflow_client import callbacks\n"
        "for name in callbacks.__all__: assert getattr(callbacks, name) is not None, name\n"
        "assert set(callbacks.__all__) <= set(dir(callbacks))\n"
    )
    assert not {"httpx", "httpcore", "h11", "runflow_client.client"} & modules_after(code)
