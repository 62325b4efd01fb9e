"""Each rule that the pairs of cases/spec-diff.json do not show: a small pair of cases/rules.yaml, its rating and its sentence."""

import json
from pathlib import Path

import pytest

from scripts.contract.reading import read
from scripts.contract.spec_changes.changes import Change, changes
from scripts.contract.spec_changes.document import CannotCompareError, Document
from scripts.contract.spec_changes.rules import RULES, Rule

FOLDER = Path(__file__).parent / "cases"
CASES = json.loads((FOLDER / "spec-diff.json").read_text(encoding="utf-8"))
PAIRS: list[dict[str, str]] = read((FOLDER / "rules.yaml").read_text(encoding="utf-8"))[0]

# `request_schema` and `response_schema` are the schemas of POST /things;
# the rest is put into the operation or the contract.
CONTRACT = """
openapi: 3.1.0
info: {{title: A, version: '1'}}
paths:
  /things:
    post:
      operationId: make
      {operation}
      requestBody: {{content: {{application/json: {{schema: {request_schema}}}}}}}
      responses:
        '200': {{description: A, {response} content: {{application/json: {{schema: {response_schema}}}}}}}
  {path}
components:
  schemas:
    A: {{type: object, properties: {{a: {{type: string}}}}}}
    B: {{type: object, properties: {{b: {{type: string}}}}}}
    Kind: {{type: string, enum: [a, b]}}
    {component}
  securitySchemes:
    key: {scheme}
"""
UNCHANGED = {
    **dict.fromkeys(("operation", "path", "response", "component"), ""),
    **dict.fromkeys(("request_schema", "response_schema"), "{type: object}"),
    "scheme": "{type: http, scheme: bearer}",
}


def contract(place: str, text: str) -> Document:
    name, _, property_name = place.partition(".")
    whole = f"{{type: object, properties: {{{property_name}: {text}}}}}" if property_name else text
    return Document(CONTRACT.format_map({**UNCHANGED, name: whole}), "a contract")


def compared(pair: dict[str, str]) -> list[Change]:
    return changes(contract(pair["place"], pair["base"]), contract(pair["place"], pair["revision"]))


@pytest.mark.parametrize("pair", PAIRS, ids=[f"{pair['rule']}, {pair['place']}" for pair in PAIRS])
def test_a_pair_falls_under_its_rule(pair: dict[str, str]) -> None:
    found = {(change.rule, change.rating, change.text) for change in compared(pair)}
    assert (pair["rule"], pair["rating"], pair["text"]) in found


def test_every_rule_is_shown_by_a_pair() -> None:
    shown = {change.rule for pair in PAIRS for change in compared(pair)}
    for case in CASES:
        try:
            base, revision = (Document(case[side], "a contract") for side in ("base", "revision"))
            shown |= {change.rule for change in changes(base, revision)}
        except CannotCompareError:
            continue
    assert set(RULES) - shown == set()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_sentence_has_only_words_that_are_put_in(rule: Rule) -> None:
    assert rule.sentence.format(part="", name="", before="", after="")
