"""The relations that `embed` may name."""

import pytest


@pytest.mark.parametrize("embed", ["verdict", "judges,verdict", "Judges"])
def test_unknown_relation_is_422(call, sharp_uri, embed):
    evaluation_id = call.submit(sharp_uri).json["id"]
    reply = call("GET", f"/v1/evaluations/{evaluation_id}?embed={embed}")
    assert (reply.status, reply.locs) == (422, [["query", "embed"]])
