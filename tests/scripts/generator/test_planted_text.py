"""Text of the contract never becomes code, wherever it stands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from planted_text import code_outside_of_the_templates, document

from .conftest import ROOT, make_packages

PAYLOADS = {
    "docstring": '"""\nPLANTED()\n"""',
    "single_quote": "' + PLANTED() + '",
    "double_quote": '" + PLANTED() + "',
    "braces": "{PLANTED()}{__import__('os').system('false')}",
    "template": "{{ PLANTED() }}{% raw %}{# x",
    "backslash": "PLANTED()\\",
    "line": "x\n    PLANTED()\nPLANTED()",
    "name": "PLANTED",
}


@pytest.mark.timeout(300)
def test_planted_code_stays_text_in_every_place(python: Path, tmp_path: Path) -> None:
    found = make_packages(python, tmp_path, {name: document(text) for name, text in PAYLOADS.items()}, verify=True)
    assert found["outcomes"] == dict.fromkeys(PAYLOADS, "")
    assert found["fault"] == ""
    for name in PAYLOADS:
        assert code_outside_of_the_templates(tmp_path / name) == []


def test_code_check_notices_call_import_and_statement(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    file = tmp_path / "models" / "x.py"
    for text in (
        "PLANTED()\n",
        "x = PLANTED() + 1\n",
        "import os\n",
        "while True: pass\n",
        "class A:\n    a = eval('1')\n",
    ):
        file.write_text(text)
        assert code_outside_of_the_templates(tmp_path) != []


@pytest.mark.timeout(300)
def test_the_corpus_of_texts_stays_text(python: Path) -> None:
    script = ROOT / "tests" / "support" / "try_contract_texts.py"
    done = subprocess.run([python, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 80
