"""A text in every place of a contract that holds text: what is generated is the same code with another text in it, or the
contract is refused in plain lines. Needs the generator's environment, or that of `make fuzz`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from planted_text import code_outside_of_the_templates, document

from scripts.generator.build import build
from scripts.generator.refusals import GenerationError
from scripts.generator.verification import compile_folder

_CONFIG = Path(__file__).resolve().parents[3] / "scripts" / "generator" / "config.yaml"


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "openapi.json"
        spec.write_text(json.dumps(document(text)), encoding="utf-8")
        package = Path(folder) / "package"
        try:
            build(spec, _CONFIG, package, formatted=False)
            refusal = ""
        except GenerationError as error:
            refusal = str(error)
        if refusal:
            assert refusal.replace("\n", "").isprintable()
            assert ": " in refusal
            return
        compile_folder(package)
        assert code_outside_of_the_templates(package) == []
