"""The facts that the tests hold of the contract, out of the two files in which they stand."""

from pathlib import Path
from typing import Any

import yaml

from scripts.contract import contract_facts

_ROOT = Path(contract_facts.__file__).parents[2]

FACTS: dict[str, Any] = yaml.safe_load((_ROOT / contract_facts.FILE).read_text(encoding="utf-8"))
PAGES: dict[str, Any] = yaml.safe_load((_ROOT / contract_facts.PAGES).read_text(encoding="utf-8"))
EXPECTED = contract_facts.expected(FACTS, PAGES)


def longest(component: str) -> dict[str, int]:
    """The greatest length of each field of a request that has one."""
    return {name: rule["maxLength"] for name, rule in EXPECTED["fields"][component].items() if "maxLength" in rule}


SUBMIT_LENGTHS = longest("SubmitEvaluationRequest")
MOST_REFERENCES: int = EXPECTED["fields"]["SubmitEvaluationRequest"]["reference_images"]["maxItems"]
