"""Whose key it is, what credit is left, and whether the sandbox is up."""

import pytest


def test_the_service_says_that_it_is_up_without_a_key(call, fits):
    answer = call("GET", "/v1/health", key=None)
    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert fits(answer.json, "Health")


def test_the_account_is_shown_with_what_embed_asks_for(call, fits):
    plain = call("GET", "/v1/auth/me").json
    assert fits(plain, "Account")
    assert "memberships" not in plain
    document = call("GET", "/v1/auth/me?embed=memberships,organizations,pending_invitations").json
    assert fits(document, "Account")
    assert document["memberships"][0]["org"]["id"] == call.sandbox.service.org_id
    assert document["pending_invitations"] == []


def test_an_unknown_embed_is_refused_by_name_of_its_place(call):
    answer = call("GET", "/v1/auth/me?embed=memberships,keys")
    assert (answer.status, answer.locs) == (422, [["query", "embed"]])


@pytest.mark.parametrize("target", ["/v1/auth/me", "/v1/billing/balance"])
def test_the_account_needs_a_key(call, target):
    assert call("GET", target, key=None).status == 401


def test_the_balance_falls_when_an_evaluation_has_completed(call, fits, sharp_uri):
    before = call("GET", "/v1/billing/balance").json
    assert fits(before, "Balance")
    assert (before["balance"], before["updated_at"]) == ("100.00", before["created_at"])
    call.submit(sharp_uri)
    assert call("GET", "/v1/billing/balance").json["balance"] == "100.00"
    call.now = 20
    after = call("GET", "/v1/billing/balance").json
    assert (after["balance"], after["updated_at"]) == ("99.95", "2026-01-01T00:00:10.000000+00:00")
