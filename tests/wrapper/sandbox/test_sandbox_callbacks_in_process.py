"""Callbacks on the virtual clock: written and signed when an evaluation ends, handed over by the test itself."""

import json

import pytest

from runflow_client import callbacks
from runflow_client.sandbox import Sandbox, sharp_picture

HOOK = "https://hooks.example.com/runflow?token=secret"


def new_secret(call):
    return call("POST", "/v1/callback-secrets", {"label": "receiver"}).json


def deliver(call, status=204):
    """Hand over what is due at the caller's time."""
    call("GET", "/v1/health")
    return call.sandbox.deliver_callbacks(lambda delivery: status)


def test_the_end_of_an_evaluation_is_told_once_it_has_come(call, fits, sharp_uri):
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


def test_a_failed_evaluation_is_told_as_failed(call):
    call.submit("https://images.example.com/a.png", callback_url=HOOK)
    call.now = 10
    (delivery,) = deliver(call)
    payload = json.loads(delivery.body)
    assert (delivery.event, payload["status"], payload["overall_passed"]) == ("evaluation.failed", "failed", None)


def test_nothing_is_told_where_no_callback_was_asked_for(call, sharp_uri):
    call.submit(sharp_uri)
    call.submit(sharp_uri, callback_url=None)
    call.now = 100
    assert deliver(call) == []


def test_a_callback_is_signed_so_that_its_receiver_can_tell(call, sharp_uri):
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


def test_without_a_secret_there_is_no_signature(call, sharp_uri):
    call.submit(sharp_uri, callback_url=HOOK)
    call.now = 10
    (delivery,) = deliver(call)
    assert delivery.signature is None
    assert "Runflow-Signature" not in delivery.headers


def test_the_secret_that_is_current_at_the_end_signs(call, sharp_uri):
    old, new = new_secret(call), new_secret(call)
    call.submit(sharp_uri, callback_url=HOOK)
    call("PATCH", f"/v1/callback-secrets/{new['id']}", {"is_current": True})
    call.now = 10
    (delivery,) = deliver(call)
    callbacks.verify(delivery.body, delivery.signature, new["plain_secret"])
    with pytest.raises(callbacks.SignatureError):
        callbacks.verify(delivery.body, delivery.signature, old["plain_secret"])


def test_what_is_not_taken_comes_again_later_and_later_five_times_in_all(call, sharp_uri):
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
def test_only_2xx_is_taken(call, sharp_uri, status):
    call.submit(sharp_uri, callback_url=HOOK)
    call.now = 10
    assert not deliver(call, status)[0].taken
    call.now = 12
    assert deliver(call, 299)[0].taken
    call.now = 100
    assert deliver(call) == []


def test_a_receiver_that_cannot_be_reached_is_tried_again(call, sharp_uri):
    def unreachable(delivery):
        raise ConnectionRefusedError

    call.submit(sharp_uri, callback_url=HOOK)
    call.now = 10
    call("GET", "/v1/health")
    (delivery,) = call.sandbox.deliver_callbacks(unreachable)
    assert (delivery.status, delivery.problem, delivery.taken) == (None, "ConnectionRefusedError", False)
    call.now = 12
    assert [(again.attempt, again.problem) for again in deliver(call)] == [(2, None)]


def test_callbacks_come_in_the_order_in_which_evaluations_end(caller, sharp_uri):
    call = caller(evaluation_seconds=lambda number: 30 - 10 * number)
    ids = [call.submit(sharp_uri, callback_url=HOOK).json["id"] for _ in range(3)]
    call.now = 100
    assert [delivery.evaluation_id for delivery in deliver(call)] == ids[::-1]


def test_a_delivery_shows_neither_its_url_nor_its_body_nor_its_signature(call, sharp_uri):
    new_secret(call)
    call.submit(sharp_uri, callback_url=HOOK, client_ref="order-7")
    call.now = 10
    (delivery,) = deliver(call)
    assert not any(secret in repr(delivery) for secret in ("hooks.example", "order-7", delivery.signature))


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("https://hooks.example.com/runflow", True),
        ("HTTPS://hooks.example.com", True),
        ("http://127.0.0.1:8080/hook", True),
        ("http://localhost/hook", True),
        ("http://[::1]:8080/hook", True),
        ("http://hooks.example.com/runflow", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://192.0.2.1/", False),
        ("ftp://127.0.0.1/", False),
        ("https://", False),
        ("https://[::1/", False),
        ("https://hooks.example.com:port/", False),
        ("", False),
    ],
)
def test_callbacks_go_to_https_or_to_this_machine(call, sharp_uri, url, accepted):
    answer = call.submit(sharp_uri, callback_url=url)
    assert answer.status == (202 if accepted else 422)
    assert accepted or answer.locs == [["body", "callback_url"]]


def test_a_clients_own_evaluation_is_told_on_its_virtual_clock():
    sandbox = Sandbox(evaluation_seconds=3600)
    with sandbox.client() as client:
        secret = client.callback_secrets.create("receiver")
        client.evaluations.submit(sharp_picture(), "headshot", callback_url=HOOK)
        assert sandbox.deliver_callbacks(lambda delivery: 200) == []
        sandbox.clock.advance(3600)
        (delivery,) = sandbox.deliver_callbacks(lambda delivery: 200)
    callbacks.verify(delivery.body, delivery.signature, [secret.plain_secret])
