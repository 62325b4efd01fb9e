"""The rules: what each kind of change is called, how it is rated where the part is sent and where it is read, and its sentence.

`request` and `response` are the ratings by direction: what a client sends, and what it reads. Of a callback or a webhook the client
is the server, so it reads the request. A change that no rule names is `not-judged`, which counts as breaking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Rating = Literal["major", "minor", "patch"]
Direction = Literal["request", "response"]

ORDER: Mapping[Rating, int] = {"major": 0, "minor": 1, "patch": 2}


@dataclass(frozen=True)
class Rule:
    """How a kind of change is rated in each direction, and the sentence for it."""

    request: Rating
    response: Rating
    sentence: str

    def rating(self, directions: set[Direction]) -> Rating:
        """The worst over the directions that a part is used in; what is used in none counts as used in both."""
        ratings = [self.request if one == "request" else self.response for one in directions or ("request", "response")]
        return min(ratings, key=ORDER.__getitem__)


SET = "`{name}` of {part} was set to {after}"
CHANGED = "`{name}` of {part} changed from {before} to {after}"
DROPPED = "`{name}` of {part}, {before} so far, was removed"

RULES: Mapping[str, Rule] = {
    # What cannot break.
    "prose-changed": Rule("patch", "patch", "the {name} of {part} changed"),
    "prose-set": Rule("patch", "patch", "the {name} of {part} was added"),
    "prose-removed": Rule("patch", "patch", "the {name} of {part} was removed"),
    "extension-changed": Rule("patch", "patch", CHANGED),
    "extension-set": Rule("patch", "patch", SET),
    "extension-removed": Rule("patch", "patch", DROPPED),
    "version-changed": Rule("patch", "patch", CHANGED),
    "rewritten": Rule("patch", "patch", "{part} is written in another way and means the same"),
    "reference-changed": Rule("patch", "patch", "{part} now refers to {after} instead of {before}"),
    "reference-set": Rule("patch", "patch", "{part} is now a reference to {after} instead of inline"),
    "reference-removed": Rule("patch", "patch", "{part} is now inline instead of a reference to {before}"),
    "order-changed": Rule("patch", "patch", "`{name}` of {part} is written in another order"),
    "deprecated": Rule("minor", "minor", "{part} is now deprecated"),
    "no-longer-deprecated": Rule("patch", "patch", "{part} is no longer deprecated"),
    # What nothing else names.
    "not-judged": Rule("major", "major", "{part} changed, and no rule says what that means"),
    # Operations and what they belong to.
    "operation-added": Rule("minor", "minor", "{part} was added"),
    "operation-removed": Rule("major", "major", "{part} was removed"),
    "operation-moved": Rule("major", "major", "{before} is now {after}"),
    "path-added": Rule("patch", "patch", "{part}, which has no operations, was added"),
    "path-removed": Rule("patch", "patch", "{part}, which had no operations, was removed"),
    "path-parameter-renamed": Rule("major", "major", "the path parameter {before} of {part} was renamed to {after}"),
    "operation-id-changed": Rule("major", "major", "{part}, {before} so far, is now called {after}"),
    "operation-id-set": Rule("major", "major", "{part}, which had no name of its own, is now called {after}"),
    "operation-id-removed": Rule("major", "major", "{part} is no longer called {before}"),
    "tags-changed": Rule("patch", "patch", "the tags of {part} changed from {before} to {after}"),
    # Parameters.
    "parameter-added": Rule("minor", "minor", "{part} was added"),
    "required-parameter-added": Rule("major", "minor", "{part} was added and is required"),
    "parameter-removed": Rule("major", "major", "{part} was removed"),
    "parameter-renamed": Rule("major", "major", "{before} was renamed to {after}"),
    "parameter-moved": Rule("major", "major", "{before} is now {after}"),
    "name-case-changed": Rule("patch", "patch", "the case of the name of {part} changed"),
    "now-required": Rule("major", "patch", "{part} is now required"),
    "no-longer-required": Rule("minor", "major", "{part} is no longer required"),
    "serialization-changed": Rule("major", "major", "`{name}` of {part} changed from {before} to {after}"),
    "empty-value-allowed": Rule("minor", "minor", "{part} may now be empty"),
    "empty-value-refused": Rule("major", "patch", "{part} may no longer be empty"),
    # Bodies, responses, headers.
    "body-added": Rule("minor", "minor", "{part} was added"),
    "required-body-added": Rule("major", "minor", "{part} was added and is required"),
    "body-removed": Rule("major", "major", "{part} was removed"),
    "media-type-added": Rule("minor", "minor", "{part} has the new media type {after}"),
    "media-type-removed": Rule("major", "major", "{part} no longer has the media type {before}"),
    "media-type-parameters-changed": Rule(
        "minor", "minor", "a media type of {part} is now {after} instead of {before}"
    ),
    "encoding-changed": Rule("major", "major", "the encoding of {part} changed"),
    "success-added": Rule("major", "major", "{part} was added: it may now be the response to a success"),
    "first-success-added": Rule("minor", "minor", "{part} was added"),
    "success-removed": Rule("major", "major", "{part} was removed"),
    "error-added": Rule("minor", "minor", "{part} was added"),
    "error-removed": Rule("minor", "minor", "{part} was removed"),
    "header-added": Rule("minor", "minor", "{part} was added"),
    "header-removed": Rule("major", "major", "{part} was removed"),
    "link-added": Rule("minor", "minor", "{part} was added"),
    "link-removed": Rule("minor", "minor", "{part} was removed"),
    "link-changed": Rule("minor", "minor", "{part} changed"),
    "callback-added": Rule("minor", "minor", "{part} was added"),
    "callback-removed": Rule("major", "major", "{part} was removed"),
    # Security and servers.
    "security-stricter": Rule("major", "major", "{part} now asks for {after} instead of {before}"),
    "security-looser": Rule("minor", "minor", "{part} now asks for {after} instead of {before}"),
    "scheme-changed": Rule("major", "major", CHANGED),
    "scheme-set": Rule("major", "major", SET),
    "scheme-removed": Rule("major", "major", DROPPED),
    "flow-added": Rule("minor", "minor", "the flow {after} of {part} was added"),
    "flow-removed": Rule("major", "major", "the flow {before} of {part} was removed"),
    "scope-added": Rule("minor", "minor", "{part} has the new scope {after}"),
    "scope-removed": Rule("major", "major", "{part} no longer has the scope {before}"),
    "server-added": Rule("minor", "minor", "the server {after} of {part} was added"),
    "server-removed": Rule("major", "major", "the server {before} of {part} was removed"),
    "server-default-changed": Rule("major", "major", "the first server of {part} is now {after} instead of {before}"),
    "server-order-changed": Rule("patch", "patch", "the servers of {part} are written in another order"),
    "server-variables-changed": Rule("major", "major", "the variables of the server {after} of {part} changed"),
    # Components.
    "component-added": Rule("minor", "minor", "{part} was added"),
    "component-removed": Rule("major", "major", "{part} was removed"),
    "component-renamed": Rule("major", "major", "{part} was renamed to {after}"),
    "shared-part-added": Rule("patch", "patch", "{part} was added"),
    "shared-part-removed": Rule("patch", "patch", "{part} was removed"),
    # Schemas: properties.
    "property-added": Rule("minor", "minor", "{part} was added"),
    "required-property-added": Rule("major", "minor", "{part} was added and is required"),
    "property-removed": Rule("major", "major", "{part} was removed"),
    "property-renamed": Rule("major", "major", "{part} was renamed to {after}"),
    "required-properties-added": Rule("major", "patch", "{after} of {part} is now required"),
    "required-properties-removed": Rule("minor", "major", "{before} of {part} is no longer required"),
    "required-read-only-added": Rule("patch", "patch", "{after} of {part}, which is read-only, is now required"),
    "required-write-only-removed": Rule(
        "minor", "patch", "{before} of {part}, which is write-only, is no longer required"
    ),
    "dependent-required-added": Rule("major", "patch", "{part} with `{name}` now has to have {after}"),
    "dependent-required-removed": Rule("minor", "major", "{part} with `{name}` need not have {before} any more"),
    "read-only-set": Rule("major", "patch", "{part} is now read-only"),
    "read-only-removed": Rule("minor", "patch", "{part} is no longer read-only"),
    "write-only-set": Rule("patch", "major", "{part} is now write-only"),
    "write-only-removed": Rule("patch", "minor", "{part} is no longer write-only"),
    # Schemas: types.
    "schema-type-changed": Rule("major", "major", CHANGED),
    "schema-type-widened": Rule("minor", "major", CHANGED),
    "schema-type-set": Rule("major", "minor", SET),
    "schema-type-removed": Rule("minor", "major", DROPPED),
    "class-changed": Rule("major", "major", "the type of {part} changed from {before} to {after}"),
    "class-written-in-place": Rule("major", "major", "{part} is now an inline schema instead of {before}"),
    "class-used": Rule("major", "major", "{part} is now {after} instead of an inline schema"),
    "null-added": Rule("minor", "major", "{part} is now nullable"),
    "null-removed": Rule("major", "patch", "{part} is no longer nullable"),
    "nothing-allowed": Rule("major", "major", "no value of {part} is allowed any more"),
    "something-allowed": Rule("minor", "minor", "{part}, of which no value was allowed, may now have one"),
    "format-changed": Rule("major", "minor", CHANGED),
    "format-set": Rule("major", "minor", SET),
    "format-removed": Rule("minor", "minor", DROPPED),
    "format-type-changed": Rule("major", "major", CHANGED),
    "format-type-set": Rule("major", "major", SET),
    "format-type-removed": Rule("major", "major", DROPPED),
    "content-changed": Rule("major", "major", CHANGED),
    "content-set": Rule("major", "major", SET),
    "content-removed": Rule("minor", "major", DROPPED),
    # Schemas: values.
    "enum-values-added": Rule("minor", "minor", "{part} has the new value {after}"),
    "enum-values-removed": Rule("major", "major", "{part} no longer has the value {before}"),
    "enum-set": Rule("major", "minor", "{part} may now be one of {after} only"),
    "enum-removed": Rule("major", "major", "{part} is no longer one of {before} only"),
    "enum-opened": Rule("minor", "patch", "{part} may now have values that are not listed"),
    "enum-closed": Rule("major", "patch", "{part} may only have the listed values now"),
    "default-changed": Rule("major", "minor", CHANGED),
    "default-set": Rule("minor", "minor", SET),
    "default-removed": Rule("major", "minor", DROPPED),
    "limit-tightened": Rule("major", "patch", CHANGED),
    "limit-loosened": Rule("minor", "minor", CHANGED),
    "limit-changed": Rule("major", "minor", CHANGED),
    "limit-set": Rule("major", "patch", SET),
    "limit-removed": Rule("minor", "minor", DROPPED),
    # Schemas: combinations.
    "choice-added": Rule("minor", "major", "{part} may now also be {after}"),
    "choice-removed": Rule("major", "minor", "{part} may no longer be {before}"),
    "choices-set": Rule("major", "major", "{part} is now one of several schemas"),
    "choices-removed": Rule("major", "major", "{part} is no longer one of several schemas"),
    "choices-exclusive": Rule("major", "patch", "{part} now has to match exactly one of its schemas"),
    "choices-inclusive": Rule("minor", "minor", "{part} may now match several of its schemas"),
    # What that means is said of the properties and limits that come or go with it.
    "member-added": Rule("patch", "patch", "{part} now includes {after} by `allOf`"),
    "member-removed": Rule("patch", "patch", "{part} no longer includes {before} by `allOf`"),
    "all-of-changed": Rule("major", "major", "the schemas that {part} consists of changed"),
    "condition-changed": Rule("major", "major", "the condition `{name}` of {part} changed"),
    "condition-set": Rule("major", "patch", "{part} has the new condition `{name}`"),
    "condition-removed": Rule("minor", "major", "{part} no longer has the condition `{name}`"),
    "discriminator-set": Rule("major", "minor", "{part} now has the discriminator {after}"),
    "discriminator-removed": Rule("major", "major", "{part} no longer has the discriminator {before}"),
    "discriminator-changed": Rule("major", "major", "the discriminator of {part} changed from {before} to {after}"),
    "mapping-added": Rule("minor", "minor", "the discriminator of {part} has the new value {after}"),
    "mapping-removed": Rule("major", "major", "the discriminator of {part} no longer has the value {before}"),
    "mapping-changed": Rule("major", "major", "`{name}` of {part} now stands for {after} instead of {before}"),
}
