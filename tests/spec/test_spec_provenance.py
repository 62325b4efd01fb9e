"""Every operation and component names its provenance, so that a reviewer can tell fact from inference."""

import re
from typing import Any

from known_facts import PAGES

Placed = list[tuple[str, Any]]

PROVENANCES = {"reference", "documented", "observed", "inferred"}
REFERENCE_PAGES = {page["source"] for page in PAGES["pages"]}
# operations, those of callbacks included; their inline parameters, responses and links; components of every kind
REQUIRED_PLACES = (
    r"#/paths/[^{}]*(\{\w+\}[^{}]*)*/(get|put|post|patch|delete)",
    r"#/paths/.*/callbacks/\w+/.*/(get|put|post|patch|delete)",
    r"#/paths/.*/parameters/\d+",
    r"#/paths/.*/responses/(\dXX|\d{3}|default)",
    r"#/paths/.*/links/\w+",
    r"#/components/\w+/\w+",
)


def provenance_nodes(everything: Placed) -> dict[str, dict[str, Any]]:
    return {
        place: node
        for place, node in everything
        if any(re.fullmatch(pattern, place) for pattern in REQUIRED_PLACES) and "$ref" not in node
    }


def test_every_operation_and_component_has_provenance(everything: Placed, operations: Placed) -> None:
    found = provenance_nodes(everything)
    assert {id(operation) for _, operation in operations} <= {id(node) for node in found.values()}
    assert {place: node.get("x-provenance") for place, node in found.items() if "x-provenance" not in node} == {}


def test_provenance_check_covers_every_component(spec: dict[str, Any], everything: Placed) -> None:
    found = {id(node) for node in provenance_nodes(everything).values()}
    for kind, components in spec["components"].items():
        assert {id(component) for component in components.values()} <= found, kind


def test_provenance_check_covers_callback(everything: Placed) -> None:
    assert [place for place in provenance_nodes(everything) if place.endswith("callback_url}/post")] != []


def test_provenance_is_one_of_four_values(everything: Placed) -> None:
    said = {place: node for place, node in everything if place.endswith("/x-provenance")}
    assert {place: word for place, word in said.items() if word not in PROVENANCES} == {}


def test_everything_not_inferred_has_source(everything: Placed) -> None:
    for place, node in provenance_nodes(everything).items():
        assert "x-source" in node or node["x-provenance"] == "inferred", place


def test_source_is_public_page_or_repository(everything: Placed) -> None:
    public = re.compile(r"https://(docs\.runflow\.io|github\.com/runflow-io)/[\w./-]+")
    sources = {place: node for place, node in everything if place.endswith("/x-source")}
    assert {place: source for place, source in sources.items() if not public.fullmatch(source)} == {}


def test_reference_provenance_means_one_of_two_pages(everything: Placed) -> None:
    assert len(REFERENCE_PAGES) == 2
    for place, node in provenance_nodes(everything).items():
        is_page = node.get("x-source") in REFERENCE_PAGES
        assert is_page is (node["x-provenance"] == "reference"), place


def test_inferred_fields_are_not_required(all_schemas: Placed) -> None:
    for place, schema in all_schemas:
        for name in schema.get("required", []):
            own = schema["properties"][name].get("x-provenance", schema.get("x-provenance"))
            assert own in {"reference", "documented"}, f"{place}/{name}"


def test_inferred_parameters_and_bodies_are_not_required(everything: Placed) -> None:
    said = dict(everything)
    for place, node in everything:
        if isinstance(node, dict) and node.get("required") is True:
            owner = node if "x-provenance" in node else said[place.rsplit("/", 1)[0]]
            assert owner["x-provenance"] != "inferred", place
