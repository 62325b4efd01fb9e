"""API keys have scopes, and an organization whose objects other organizations do not find."""

import json
import re
from importlib import resources

import pytest

from runflow_client.errors import NotFoundError, PermissionDeniedError
from runflow_client.sandbox import Key, Sandbox, sharp_picture
from runflow_client.sandbox.service.access.keys import ALL_SCOPES, OPERATION_SCOPES

UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"
RUN = "01978cff-12b6-7c93-8a5e-d4710b6f9c28"
OTHER = Key("rf_other", organization="Other")


def test_scopes_are_those_that_the_contract_names():
    document = json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes())
    operations = [
        operation
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    ]
    named = {
        operation["operationId"]: scope[1]
        for operation in operations
        if (scope := re.search(r"Needs the scope\s+`([\w:]+)`", operation["description"]))
    }
    assert named == dict(OPERATION_SCOPES)


@pytest.mark.parametrize(
    ("scope", "method", "target", "document"),
    [
        ("evaluations:create", "POST", "/v1/evaluations", {}),
        ("evaluations:read", "GET", f"/v1/evaluations/{UNKNOWN}", None),
        ("evaluations:edit", "PATCH", f"/v1/evaluations/{UNKNOWN}/feedback", {"is_positive": True}),
        ("assets:create", "POST", "/v1/asset-uploads", {}),
        ("assets:read", "GET", f"/v1/assets/{UNKNOWN}", None),
        ("credit_balance:read", "GET", "/v1/billing/balance", None),
    ],
)
def test_key_without_the_scope_is_403(caller, fits, scope, method, target, document):
    others = [name for name in ALL_SCOPES if name != scope]
    call = caller(keys=[Key("rf_most", scopes=others), Key("rf_one", scopes=[scope])])
    refused = call(method, target, document, key="rf_most")
    assert (refused.status, refused.json["code"]) == (403, "PERMISSION_DENIED")
    assert scope in refused.json["message"]
    assert fits(refused.json, "ErrorResponse")
    assert call(method, target, document, key="rf_one").status != 403


def test_account_shows_the_scopes_and_organization_of_its_key(caller):
    call = caller(keys=[Key("rf_read", scopes=["evaluations:read"], organization="A & B")])
    (membership,) = call("GET", "/v1/auth/me?embed=memberships", key="rf_read").json["memberships"]
    assert membership["scopes"] == ["evaluations:read"]
    assert (membership["org"]["name"], membership["org"]["slug"]) == ("A & B", "a-b")


def test_client_without_a_scope_gets_permission_denied_error():
    with Sandbox(keys=[Key("rf_read", scopes=["evaluations:read"])]).client() as client:
        with pytest.raises(PermissionDeniedError, match="evaluations:create"):
            client.evaluations.submit(sharp_picture(), "headshot")


def test_objects_of_another_organization_are_404(caller, sharp_uri):
    call = caller(keys=["rf_sandbox_key", OTHER])
    evaluation_id = call.submit(sharp_uri, run_id=RUN).json["id"]
    asset_id = call.upload(b"12345")
    secret_id = call("POST", "/v1/callback-secrets", {"label": "mine"}).json["id"]
    targets = [f"/v1/evaluations/{evaluation_id}", f"/v1/assets/{asset_id}", f"/v1/callback-secrets/{secret_id}"]
    assert [call("GET", target).status for target in targets] == [200] * 3
    assert [call("GET", target, key="rf_other").status for target in targets] == [404] * 3
    assert call("GET", f"/v1/runs/{RUN}/evaluations", key="rf_other").json["items"] == []


def test_organizations_have_their_own_balance_and_idempotency_keys(caller, sharp_uri):
    call = caller(keys=["rf_sandbox_key", OTHER], balance="0.05")
    body = {"generated_image_url": sharp_uri, "task_type": "headshot"}
    replies = [
        call("POST", "/v1/evaluations", body, key=key, Idempotency_Key="k1") for key in ("rf_sandbox_key", "rf_other")
    ]
    assert [reply.status for reply in replies] == [202, 202]
    assert replies[0].json["id"] != replies[1].json["id"]
    call.now = 10
    assert call("GET", "/v1/billing/balance", key="rf_other").json["balance"] == "0.00"
    assert (len(call.sandbox.charges), call.sandbox.evaluations, call.sandbox.balance) == (2, 2, 0)


def test_earliest_end_of_all_organizations_is_next(caller, sharp_uri):
    call = caller(keys=["rf_sandbox_key", OTHER], evaluation_seconds=10)
    call("POST", "/v1/evaluations", {"generated_image_url": sharp_uri, "task_type": "ad"}, key="rf_other")
    call.now = 5
    call.submit(sharp_uri)
    service = call.sandbox.service
    assert service.next_end == 10
    service.judge_next(10)
    assert (service.next_end, len(call.sandbox.charges)) == (15, 1)


def test_header_with_the_id_of_the_own_organization_is_accepted(caller, sharp_uri):
    call = caller(keys=["rf_sandbox_key", OTHER])
    (own,) = call("GET", "/v1/auth/me?embed=organizations").json["organizations"]
    assert call("GET", "/v1/auth/me", X_Organization_Id=own["id"]).status == 200
    refused = call("GET", "/v1/auth/me", key="rf_other", X_Organization_Id=own["id"])
    assert (refused.status, refused.json["code"]) == (403, "ORGANIZATION_MEMBERSHIP_REQUIRED")


def test_clients_of_two_organizations_see_their_own_only():
    sandbox = Sandbox(keys=["rf_one", OTHER])
    with sandbox.client() as one, sandbox.client(api_key="rf_other") as other:
        evaluation = one.evaluations.submit(sharp_picture(), "headshot")
        with pytest.raises(NotFoundError):
            other.evaluations.get(evaluation)


@pytest.mark.parametrize("scopes", ["evaluations:read", ["evaluations:write"]])
def test_unknown_scope_raises_value_error(scopes):
    with pytest.raises(ValueError, match="scopes are some of"):
        Key("rf_read", scopes=scopes)


def test_repr_of_a_key_hides_it():
    assert "rf_" not in repr(Key("rf_secret"))
