"""Directions, shared parts, references and names: what a comparison gets wrong when it looks at one place only."""

from collections.abc import Callable
from pathlib import Path

import pytest
from contract_repository import Repository

from scripts.contract.spec_changes.changes import Change
from scripts.contract.spec_changes.changes import changes as judged
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.report import concerned
from scripts.contract.spec_changes.versions import compared

# Small, and with each component used in the way that its name says. The callback's body is what a client reads.
CONTRACT = """\
openapi: 3.1.0
info: {title: A, version: '1'}
paths:
  /things:
    post:
      operationId: make
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/Sent'}}}
      responses:
        '200': {description: A, content: {application/json: {schema: {$ref: '#/components/schemas/Read'}}}}
      callbacks:
        done:
          '{$request.body#/url}':
            post:
              requestBody:
                content: {application/json: {schema: {$ref: '#/components/schemas/Called'}}}
              responses: {'200': {description: A}}
  /other/{id}:
    get:
      operationId: look
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: page, in: query, schema: {$ref: '#/components/schemas/Choice'}}
      responses:
        '200': {description: A, content: {application/json: {schema: {$ref: '#/components/schemas/Read'}}}}
components:
  schemas:
    Sent:
      type: object
      properties:
        kind: {$ref: '#/components/schemas/Choice'}
        both: {$ref: '#/components/schemas/Both'}
        maybe: {anyOf: [{$ref: '#/components/schemas/Both'}, {type: 'null'}]}
    Read:
      type: object
      properties:
        both: {anyOf: [{$ref: '#/components/schemas/Both'}, {type: 'null'}]}
        first: {anyOf: [{$ref: '#/components/schemas/One'}, {type: 'null'}]}
        second: {$ref: '#/components/schemas/Two'}
    Called:
      type: object
      properties: {event: {type: [string, 'null']}}
    Choice: {type: string, enum: [a, b]}
    Both:
      type: object
      properties: {value: {type: [string, 'null']}}
    One:
      type: object
      properties: {inner: {$ref: '#/components/schemas/Inner'}, only_one: {type: string}}
    Two:
      type: object
      properties: {inner: {$ref: '#/components/schemas/Inner'}, only_two: {type: string}}
    Inner: {type: object, properties: {value: {type: string}}}
"""

Compare = Callable[..., list[Change]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    def compare(*replacements: tuple[str, str]) -> list[Change]:
        repository = Repository(tmp_path / "project", CONTRACT)
        for old, new in replacements:
            repository.replace(old, new)
        return list(compared(repository.spec, "main").changes)

    return compare


def told(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.rating, change.text) for change in changes]


def test_null_dropped_from_a_shared_part_gets_the_worse_rating(compare: Compare) -> None:
    changes = compare(("{value: {type: [string, 'null']}}", "{value: {type: string}}"))
    assert told(changes) == [("major", "`Both.value` is no longer nullable")]
    uses = {(use.operation, use.direction) for use in changes[0].operations}
    assert uses == {("make", "request"), ("make", "response"), ("look", "response")}


def test_null_dropped_from_a_callback_is_dropped_from_an_answer(compare: Compare) -> None:
    changes = compare(("{event: {type: [string, 'null']}}", "{event: {type: string}}"))
    assert told(changes) == [("patch", "`Called.event` is no longer nullable")]


def test_a_nullable_reference_that_is_sent_loses_null(compare: Compare) -> None:
    changes = compare(
        (
            "maybe: {anyOf: [{$ref: '#/components/schemas/Both'}, {type: 'null'}]}",
            "maybe: {$ref: '#/components/schemas/Both'}",
        )
    )
    assert told(changes) == [("major", "`Sent.maybe` is no longer nullable")]


def test_null_is_added_in_both_forms_alike(compare: Compare) -> None:
    changes = compare(
        (
            "second: {$ref: '#/components/schemas/Two'}",
            "second: {anyOf: [{$ref: '#/components/schemas/Two'}, {type: 'null'}]}",
        ),
        ("only_two: {type: string}", "only_two: {type: [string, 'null']}"),
        (
            "kind: {$ref: '#/components/schemas/Choice'}",
            "kind: {anyOf: [{type: 'null'}, {$ref: '#/components/schemas/Choice'}]}",
        ),
    )
    assert told(changes) == [
        ("major", "`Read.second` is now nullable"),
        ("major", "`Two.only_two` is now nullable"),
        ("minor", "`Sent.kind` is now nullable"),
    ]


def test_an_enum_that_is_only_sent_follows_the_same_rules(compare: Compare) -> None:
    changes = compare(("enum: [a, b]", "enum: [a, c]"))
    assert told(changes) == [
        ("major", "`Choice` no longer has the value `b`"),
        ("minor", "`Choice` has the new value `c`"),
    ]


def test_another_reference_is_one_change_and_hides_nothing(compare: Compare) -> None:
    changes = compare(
        ("first: {anyOf: [{$ref: '#/components/schemas/One'}", "first: {anyOf: [{$ref: '#/components/schemas/Two'}"),
        ("Inner: {type: object, properties: {value: {type: string}}}", "Inner: {type: object, properties: {}}"),
    )
    assert told(changes) == [
        ("major", "the type of `Read.first` changed from `One` to `Two`"),
        ("major", "`Inner.value` was removed"),
    ]


def test_an_inline_schema_instead_of_a_reference_is_one_change(compare: Compare) -> None:
    written = "{type: object, properties: {other: {type: string}}}"
    changes = compare(("second: {$ref: '#/components/schemas/Two'}", f"second: {written}"))
    assert told(changes) == [("major", "`Read.second` is now an inline schema instead of `Two`")]


def test_a_reference_instead_of_an_inline_schema_is_one_change(compare: Compare) -> None:
    changes = compare(("only_two: {type: string}", "only_two: {$ref: '#/components/schemas/Inner'}"))
    assert told(changes) == [("major", "`Two.only_two` is now `Inner` instead of an inline schema")]


def test_parameters_and_answers_are_told_by_name(compare: Compare) -> None:
    changes = compare(
        ("        - {name: page, in: query, schema: {$ref: '#/components/schemas/Choice'}}\n", ""),
        ("      responses: {'200': {description: A}}", "      responses: {'201': {description: A}}"),
    )
    assert ("major", "the query parameter `page` of `GET /other/{id}` was removed") in told(changes)
    assert all(change.operations for change in changes)


def test_two_operations_of_a_path_were_removed(compare: Compare) -> None:
    changes = compare(
        ("  /other/{id}:\n    get:", "  /others/{id}:\n    get:"), ("operationId: look", "operationId: read")
    )
    assert ("major", "`GET /other/{id}` was removed") in told(changes)
    text = CONTRACT.replace(
        "  /other/{id}:\n", "  /both:\n    get: {responses: {}}\n    put: {responses: {}}\n  /other/{id}:\n"
    )
    both = Document(text, "a"), Document(CONTRACT, "b")
    assert [one.text for one in judged(*both)] == ["`GET /both` and `PUT /both` were removed"]


def test_an_operation_that_sends_and_reads_is_named_once(compare: Compare) -> None:
    (change,) = compare(
        ("{value: {type: [string, 'null']}}", "{value: {type: [string, 'null']}, more: {type: string}}")
    )
    assert concerned(change) == "received by look; sent and received by make"


def test_a_change_of_the_whole_contract_is_said_once(compare: Compare) -> None:
    (change,) = compare(("paths:\n", "security: [{key: []}]\npaths:\n"))
    assert (change.rating, change.text) == ("major", "the contract now asks for `key` instead of nothing")
    assert [use.operation for use in change.operations] == ["look", "make"]


def test_a_renamed_component_is_one_change(compare: Compare) -> None:
    text = CONTRACT.replace("schemas/Inner'", "schemas/Core'").replace("    Inner:", "    Core:")
    changes = judged(Document(CONTRACT, "a"), Document(text, "b"))
    assert told(changes) == [("major", "`Inner` was renamed to `Core`")]


def test_names_of_the_contract_cannot_write_markdown(compare: Compare) -> None:
    changes = compare(("only_two: {type: string}", "only_two: {type: string}, '`@all` **x**': {type: string}"))
    assert told(changes) == [("minor", "`Two.'@all' **x**` was added")]
