"""Callback secrets: each is shown once, and one of them is current."""

import re

import pytest

UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"


def create(call, label="receiver", **headers):
    return call("POST", "/v1/callback-secrets", {"label": label}, **headers)


def show(call, secret_id):
    return call("GET", f"/v1/callback-secrets/{secret_id}").json


def test_secret_is_only_in_the_reply_that_creates_it(call, fits):
    created = create(call)
    assert (created.status, fits(created.json, "CallbackSecret")) == (201, True)
    plain = created.json["plain_secret"]
    assert re.fullmatch("whsec_[0-9a-f]{64}", plain)
    shown = call("GET", f"/v1/callback-secrets/{created.json['id']}")
    assert (shown.status, fits(shown.json, "CallbackSecret")) == (200, True)
    assert plain.startswith(shown.json["key_prefix"])
    assert plain not in shown.body.decode()
    assert "plain_secret" not in shown.json


def test_no_two_secrets_are_equal(caller):
    secrets = [create(call).json["plain_secret"] for call in (caller(), caller(seed=1)) for _ in range(3)]
    assert len(set(secrets)) == 6


def test_replayed_creation_shows_the_same_secret(call):
    first, again = (create(call, Idempotency_Key="k1") for _ in range(2))
    assert first.body == again.body


def test_first_secret_is_current_until_another_is_made_current(call):
    old, new = (create(call).json for _ in range(2))
    assert (old["is_current"], new["is_current"]) == (True, False)
    call.now = 5
    promoted = call("PATCH", f"/v1/callback-secrets/{new['id']}", {"is_current": True}).json
    assert (promoted["is_current"], promoted["label"]) == (True, "receiver")
    assert promoted["updated_at"] > promoted["created_at"]
    assert show(call, old["id"])["is_current"] is False


def test_label_can_be_changed_and_removed(call):
    secret_id = create(call).json["id"]
    target = f"/v1/callback-secrets/{secret_id}"
    assert call("PATCH", target, {"label": "July"}).json["label"] == "July"
    assert call("PATCH", target, {"is_current": None}).json["label"] == "July"
    assert call("PATCH", target, {"label": None}).json["label"] is None
    assert show(call, secret_id)["is_current"] is True


def test_current_secret_cannot_be_made_not_current(call):
    old, new = (create(call).json["id"] for _ in range(2))
    reply = call("PATCH", f"/v1/callback-secrets/{old}", {"is_current": False, "label": "gone"})
    assert (reply.status, reply.locs) == (422, [["body", "is_current"]])
    assert (show(call, old)["is_current"], show(call, old)["label"]) == (True, "receiver")
    assert call("PATCH", f"/v1/callback-secrets/{new}", {"is_current": False}).status == 200


def test_newest_secret_becomes_current_when_the_current_is_deleted(call):
    ids = [create(call).json["id"] for _ in range(3)]
    reply = call("DELETE", f"/v1/callback-secrets/{ids[0]}")
    assert (reply.status, reply.body) == (204, b"")
    assert call("GET", f"/v1/callback-secrets/{ids[0]}").status == 404
    assert [show(call, secret_id)["is_current"] for secret_id in ids[1:]] == [False, True]
    assert call("DELETE", f"/v1/callback-secrets/{ids[1]}").status == 204
    assert show(call, ids[2])["is_current"] is True


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"label": "x"}), ("DELETE", None)])
def test_unknown_secret_is_404(call, method, body):
    reply = call(method, f"/v1/callback-secrets/{UNKNOWN}", body)
    assert (reply.status, reply.json["code"]) == (404, "CALLBACK_SECRET_NOT_FOUND")


def test_label_over_255_characters_is_422(call):
    assert create(call, "x" * 255).status == 201
    assert create(call, "x" * 256).locs == [["body", "label"]]
