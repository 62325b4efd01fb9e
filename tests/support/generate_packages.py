"""Generates a package for each of many contracts, and says what became of each; runs in the generator's environment.

    python generate_packages.py CONTRACTS FOLDER [--verify]

CONTRACTS is a JSON object of documents by package name. Printed is a JSON object: for each package the refusal, or an empty text.
With --verify all of them are compiled, imported and type-checked at once. The modules that are the same in every package then
stand in one, `shared`, so that they are checked once.
"""

import argparse
import json
import shutil
import traceback
from pathlib import Path

from scripts.generator.build import build, format_folder
from scripts.generator.refusals import GenerationError
from scripts.generator.verification import verify

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "scripts" / "generator" / "config.yaml"
SUPPORT = ROOT / "scripts" / "generator" / "support"


def outcome_of(document: object, folder: Path, name: str) -> str:
    """Generates one package; the text of the refusal, or of what was raised instead of one."""
    spec = folder / f"{name}.json"
    spec.write_text(json.dumps(document), encoding="utf-8")
    try:
        build(spec, CONFIG, folder / name, formatted=False)
    except GenerationError as error:
        shutil.rmtree(folder / name, ignore_errors=True)
        return str(error)
    except Exception:
        shutil.rmtree(folder / name, ignore_errors=True)
        return traceback.format_exc()
    return ""


def share(folder: Path, names: list[str]) -> None:
    """Puts what the packages have in common into one of its own."""
    shutil.copytree(SUPPORT, folder / "shared")
    for name in names:
        for module in SUPPORT.glob("[a-z]*.py"):
            text = f"from shared.{module.stem} import *\n"
            (folder / name / module.name).write_text(text, encoding="utf-8")


def main() -> None:
    """Does what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contracts", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verify", action="store_true")
    options = parser.parse_args()
    documents = json.loads(options.contracts.read_text(encoding="utf-8"))
    outcomes = {name: outcome_of(document, options.folder, name) for name, document in documents.items()}
    names = [name for name, outcome in outcomes.items() if not outcome]
    share(options.folder, names)
    format_folder(options.folder)
    fault = ""
    if options.verify:
        try:
            verify(options.folder, ["shared", *names])
        except GenerationError as error:
            fault = str(error)
    print(json.dumps({"outcomes": outcomes, "fault": fault}))


if __name__ == "__main__":
    main()
