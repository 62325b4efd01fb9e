"""The account, its balance, and the health of the service."""

import pytest


def test_health_without_a_key_is_ok(call, fits):
    reply = call("GET", "/v1/health", key=None)
    assert (reply.status, reply.json) == (200, {"status": "ok"})
    assert fits(reply.json, "Health")


def test_account_with_embed_has_the_named_relations(call, fits):
    plain = call("GET", "/v1/auth/me").json
    assert fits(plain, "Account")
    assert "memberships" not in plain
    document = call("GET", "/v1/auth/me?embed=memberships,organizations,pending_invitations").json
    assert fits(document, "Account")
    assert document["memberships"][0]["org"]["id"] == call.sandbox.service.organization.id
    assert document["pending_invitations"] == []


def test_account_with_unknown_embed_is_422_at_embed(call):
    reply = call("GET", "/v1/auth/me?embed=memberships,keys")
    assert (reply.status, reply.locs) == (422, [["query", "embed"]])


@pytest.mark.parametrize("target", ["/v1/auth/me", "/v1/billing/balance"])
def test_account_without_a_key_is_401(call, target):
    assert call("GET", target, key=None).status == 401


def test_balance_falls_when_an_evaluation_completes(call, fits, sharp_uri):
    before = call("GET", "/v1/billing/balance").json
    assert fits(before, "Balance")
    assert (before["balance"], before["updated_at"]) == ("100.00", before["created_at"])
    call.submit(sharp_uri)
    assert call("GET", "/v1/billing/balance").json["balance"] == "100.00"
    call.now = 20
    after = call("GET", "/v1/billing/balance").json
    assert (after["balance"], after["updated_at"]) == ("99.95", "2026-01-01T00:00:10.000000+00:00")
