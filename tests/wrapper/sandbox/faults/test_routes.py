"""A fault for a method and path that no request has is refused."""

import pytest

from runflow_client.sandbox import Sandbox, faults
from runflow_client.sandbox.faults.queue import FaultQueue
from runflow_client.sandbox.faults.routes import Routes

ROUTES = Routes([("POST", "/v1/evaluations"), ("GET", "/v1/evaluations/{id}"), ("PUT", "/storage/*")])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/evaluations"),
        ("*", "*"),
        ("P*", "/v1/*"),
        ("GET", "/v1/evaluations/*"),
        ("GET", "/v1/evaluations/0193f0a0-0000-7000-8000-000000000001"),
        ("GET", "*0193*"),
        ("GET", "/v1/evaluation[st]/?"),
        ("PUT", "/storage/a/b"),
        ("PUT", "/storage/*.png"),
    ],
)
def test_route_that_a_request_can_have_is_accepted(method, path):
    ROUTES.check(method, path)


@pytest.mark.parametrize(
    ("method", "path", "advice"),
    [
        ("POST", "/v1/evalutions", "did you mean 'POST /v1/evaluations'?"),
        ("PSOT", "/v1/evaluations", "did you mean 'POST /v1/evaluations'?"),
        ("post", "/v1/evaluations", "did you mean 'POST /v1/evaluations'?"),
        ("GET", "/v1/evaluations/*/feedback", "did you mean 'GET /v1/evaluations/*'?"),
        ("GET", "/evaluations/*", "did you mean 'GET /v1/evaluations/*'?"),
        ("POST", "/v1/evaluations/", "did you mean 'POST /v1/evaluations'?"),
        ("QUERY", "/", "the routes are POST /v1/evaluations, GET /v1/evaluations/*, PUT /storage/*"),
        ("", "", "the routes are POST /v1/evaluations"),
    ],
)
def test_route_that_no_request_has_is_refused(method, path, advice):
    with pytest.raises(ValueError, match="would never be taken") as refused:
        ROUTES.check(method, path)
    assert repr(f"{method} {path}") in str(refused.value)
    assert advice in str(refused.value)


@pytest.mark.parametrize(
    "add",
    [
        lambda queue: queue.on("GET", "/v1/evaluatons/*", faults.refuse(503)),
        lambda queue: queue.always(faults.refuse(503), on=("GET", "/v1/evaluatons/*")),
        lambda queue: queue.add("POST /v1/evaluations: 503", "GET /v1/evaluatons/*: 503"),
    ],
)
def test_misspelled_route_adds_no_fault(add):
    sandbox = Sandbox()
    with pytest.raises(ValueError, match="did you mean 'GET /v1/evaluations/\\*'?"):
        add(sandbox.faults)
    with sandbox.client() as client:
        client.evaluations.get(client.evaluations.submit("https://images.example.com/a.png", "headshot"))
    assert [request.method for request in sandbox.requests] == ["POST", "GET"]


def test_every_operation_and_storage_can_have_faults():
    sandbox = Sandbox()
    for route in sandbox.service._contract.routes:
        sandbox.faults.on(route.method, route.template.replace("{", "").replace("}", ""), None)
    sandbox.faults.add("PUT /storage/*: 503", "HEAD /storage/*: 503")


def test_queue_without_routes_accepts_each():
    FaultQueue().on("GET", "/anything", None)
