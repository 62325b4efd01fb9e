"""Each fact of contract_facts.yaml and of the lists of the reference pages is what the contract says."""

from typing import Any

import pytest
from known_facts import EXPECTED, FACTS, PAGES, SUBMIT_LENGTHS

from runflow_client.runtime.files.images import DATA_URI_LIMIT
from runflow_client.runtime.files.uploads import UPLOAD_LIMIT
from scripts.contract import contract_facts

# What no section of a contract is compared with: names for the lists, and what other tests hold.
ELSEWHERE = {"kinds", "shows_plain_secret", "secrets", "classes_in_examples", "fields_beyond_examples"}
ELSEWHERE |= {"page_requests", "page_classes", "fields_unlike_pages", "fields_beyond_lists"}


@pytest.fixture(scope="module")
def given(spec: dict[str, Any]) -> dict[str, Any]:
    return contract_facts.found(spec, FACTS)


@pytest.mark.parametrize("section", EXPECTED)
def test_contract_bears_out_facts_of_section(section: str, given: dict[str, Any]) -> None:
    assert list(contract_facts.differences(EXPECTED[section], given[section], section)) == []
    assert given[section] == EXPECTED[section]


def test_every_section_of_file_is_compared() -> None:
    assert set(FACTS) - ELSEWHERE == set(EXPECTED)
    assert {len(section) > 0 for section in EXPECTED.values()} == {True}


def test_field_unlike_pages_is_on_page() -> None:
    listed = {component: EXPECTED["fields"][component] for component in FACTS["page_requests"]}
    evaluation = PAGES["evaluation"]
    for component, fields in FACTS["fields_unlike_pages"].items():
        assert set(fields) <= set(listed.get(component, evaluation)), component


def test_limits_of_wrapper_are_those_of_contract() -> None:
    assert SUBMIT_LENGTHS["generated_image_url"] == DATA_URI_LIMIT
    assert EXPECTED["fields"]["CreateAssetUploadRequest"]["size_bytes"]["maximum"] == UPLOAD_LIMIT
