"""Callbacks: when they are due, their content and signature, and repeated attempts."""

import json

import pytest

from runflow_client import callbacks

HOOK = "https://hooks.example.com/runflow?token=secret"


def new_secret(call):
    return call("POST", "/v1/callback-secrets", {"label": "receiver"}).json


def deliver(call, status=204):
    """Deliver the callbacks that are due at the caller's time."""
    call("GET", "/v1/health")
    return call.sandbox.deliver_callbacks(lambda delivery: status)


def test_callback_is_due_once_when_the_evaluation_ends(call, fits, sharp_uri):
    evaluation_id = call.submit(sharp_uri, callback_url=HOOK, client_ref="order-7").json["id"]
    call.now = 9.9
    assert deliver(call) == []
    call.now = 10
    (delivery,) = deliver(call)
    assert (delivery.url, delivery.event, delivery.attempt, delivery.status, delivery.at) == (
        HOOK,
        "evaluation.completed",
        1,
        204,
        10,
    )
    payload = json.loads(delivery.body)
    assert fits(payload, "EvaluationCallback")
    assert payload == {
        "event": "evaluation.completed",
        "evaluation_id": evaluation_id,
        "status": "completed",
        "overall_passed": True,
        "weighted_pass_rate": 1.0,
        "client_ref": "order-7",
        "created_at": "2026-01-01T00:00:00.000000+00:00",
        "completed_at": "2026-01-01T00:00:10.000000+00:00",
    }
    assert deliver(call) == []
    assert call.sandbox.deliveries == (delivery,)
    assert len(call.sandbox.charges) == 1


def test_failed_evaluation_has_a_failed_callback(call):
    call.submit("data:image/png;base64,anVuaw==", callback_url=HOOK)
    call.now = 10
    (delivery,) = deliver(call)
    payload = json.loads(delivery.body)
    assert (delivery.event, payload["status"], payload["overall_passed"]) == ("evaluation.failed", "failed", None)


def test_submit_without_callback_url_has_no_callback(call, sharp_uri):
    call.submit(sharp_uri)
    call.submit(sharp_uri, callback_url=None)
    call.now = 100
    assert deliver(call) == []


def test_callback_is_signed_with_the_current_secret(call, sharp_uri):
    secret = new_secret(call)
    call.submit(sharp_uri, callback_url=HOOK, client_ref="order-7")
    call.now = 10
    (delivery,) = deliver(call)
    headers = delivery.headers
    assert (headers["Content-Type"], headers["Runflow-Request-Id"]) == ("application/json", delivery.request_id)
    callback = callbacks.parse(delivery.body, headers["Runflow-Signature"], secret["plain_secret"])
    assert (callback.event, callback.client_ref) == ("evaluation.completed", "order-7")
    with pytest.raises(callbacks.SignatureError):
        callbacks.verify(delivery.body, delivery.signature, "whsec_other")
    shown = call("GET", f"/v1/callback-secrets/{secret['id']}").json
    assert (secret["last_used_at"], shown["last_used_at"]) == (None, "2026-01-01T00:00:10.000000+00:00")


def test_callback_without_a_secret_is_unsigned(call, sharp_uri):
    call.submit(sharp_uri, callback_url=HOOK)
    call.now = 10
    (delivery,) = deliver(call)
    assert delivery.signature is None
    assert "Runflow-Signature" not in delivery.headers


def test_secret_that_is_current_at_the_end_signs(call, sharp_uri):
    old, new = new_secret(call), new_secret(call)
    call.submit(sharp_uri, callback_url=HOOK)
    call("PATCH", f"/v1/callback-secrets/{new['id']}", {"is_current": True})
    call.now = 10
    (delivery,) = deliver(call)
    callbacks.verify(delivery.body, delivery.signature, new["plain_secret"])
    with pytest.raises(callbacks.SignatureError):
        callbacks.verify(delivery.body, delivery.signature, old["plain_secret"])


def test_refused_callback_is_repeated_five_times_with_growing_pauses(call, sharp_uri):
    new_secret(call)
    call.submit(sharp_uri, callback_url=HOOK)
    times = []
    for call.now in range(10, 100):
        times += [(delivery.at, delivery.attempt) for delivery in deliver(call, 500)]
    assert times == [(10, 1), (12, 2), (16, 3), (24, 4), (40, 5)]
    deliveries = call.sandbox.deliveries
    assert len({(delivery.body, delivery.signature, delivery.request_id) for delivery in deliveries}) == 1
    assert [delivery.status for delivery in deliveries] == [500] * 5


@pytest.mark.parametrize("status", [199, 301, 302, 400, 401, 404, 410, 500])
def test_callback_is_accepted_by_2xx_only(call, sharp_uri, status):
    call.submit(sharp_uri, callback_url=HOOK)
    call.now = 10
    assert not deliver(call, status)[0].taken
    call.now = 12
    assert deliver(call, 299)[0].taken
    call.now = 100
    assert deliver(call) == []


def test_callbacks_are_due_in_the_order_of_the_ends(caller, sharp_uri):
    call = caller(evaluation_seconds=lambda number: 30 - 10 * number)
    ids = [call.submit(sharp_uri, callback_url=HOOK).json["id"] for _ in range(3)]
    call.now = 100
    assert [delivery.evaluation_id for delivery in deliver(call)] == ids[::-1]


def test_delivery_repr_hides_url_body_and_signature(call, sharp_uri):
    new_secret(call)
    call.submit(sharp_uri, callback_url=HOOK, client_ref="order-7")
    call.now = 10
    (delivery,) = deliver(call)
    assert not any(secret in repr(delivery) for secret in ("hooks.example", "order-7", delivery.signature))
