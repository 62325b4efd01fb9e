"""Generates a package for each of many contracts, and says what became of each; runs in the generator's environment.

    python generate_packages.py CONTRACTS FOLDER

CONTRACTS is a JSON object of documents by package name. Printed is a JSON object: for each package the refusal, or an empty text.
"""

import json
import shutil
import sys
import traceback
from pathlib import Path

from scripts.generator.build import build
from scripts.generator.refusals import GenerationError

ROOT = Path(__file__).resolve().parents[2]


def main(contracts: Path, folder: Path) -> None:
    outcomes: dict[str, str] = {}
    for name, document in json.loads(contracts.read_text(encoding="utf-8")).items():
        spec = folder / f"{name}.json"
        spec.write_text(json.dumps(document), encoding="utf-8")
        try:
            build(spec, ROOT / "scripts" / "generator" / "config.yaml", folder / name)
            outcomes[name] = ""
        except GenerationError as error:
            outcomes[name] = str(error)
            shutil.rmtree(folder / name, ignore_errors=True)
        except Exception:
            outcomes[name] = traceback.format_exc()
            shutil.rmtree(folder / name, ignore_errors=True)
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
