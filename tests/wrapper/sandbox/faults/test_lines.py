"""Faults that are written as text."""

import pytest

from runflow_client.sandbox import Sandbox, sharp_picture
from runflow_client.sandbox.faults.lines import read_line


def statuses(call, target, times):
    seen = []
    for _ in range(times):
        fault = call.sandbox.service.arrive("GET", target, [])
        reply = fault.apply(lambda: call.sandbox.service.handle("GET", target, [], b"", 0.0))
        seen.append((fault.drop, fault.seconds, reply.status))
    return seen


def test_line_with_a_route_applies_to_that_route_in_order(call):
    call.sandbox.faults.add("GET /v1/health: 503 x2, delay 1.5, drop before,drop  after ,ok")
    assert statuses(call, "/v1/other", 1) == [(None, 0.0, 404)]
    assert statuses(call, "/v1/health", 7) == [
        (None, 0.0, 503),
        (None, 0.0, 503),
        (None, 1.5, 200),
        ("before", 0.0, 200),
        ("after", 0.0, 200),
        (None, 0.0, 200),
        (None, 0.0, 200),
    ]


def test_line_without_a_route_applies_to_the_next_requests(call):
    call.sandbox.faults.add("429 retry-after 2", "html 520")
    assert [status for _, _, status in statuses(call, "/v1/health", 3)] == [429, 520, 200]


def test_line_that_begins_with_always_stays(call):
    call.sandbox.faults.add("always * /v1/health: 500", "always 404")
    assert [status for _, _, status in statuses(call, "/v1/health", 3)] == [500] * 3
    assert statuses(call, "/v1/evaluations/statuses", 1) == [(None, 0.0, 404)]


def test_every_form_of_a_fault_is_read():
    line = read_line(
        "* *: ok, 429, 429 retry-after 0.5, html 502, delay 3, drop before, drop after, stall, cut off, truncate, "
        "garbage, forget key"
    )
    assert (line.always, line.route, len(line.faults), line.faults[0]) == (False, ("*", "*"), 12, None)
    assert dict(line.faults[2].reply.headers)["retry-after"] == "0.5"
    assert [fault.stop_at for fault in line.faults[7:9]] == [10, 10]
    assert line.faults[11].forget_key


def test_client_survives_the_faults_of_a_line():
    sandbox = Sandbox()
    sandbox.faults.add("POST /v1/evaluations: 503, drop after", "GET /v1/evaluations/*: garbage, html 502, stall")
    with sandbox.client() as client:
        assert client.evaluations.evaluate(sharp_picture(), "headshot").passed
    assert (sandbox.evaluations, len(sandbox.charges)) == (1, 1)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "always",
        "503,",
        "drop",
        "delay",
        "delay x",
        "delay -1",
        "777",
        "503 x0",
        "get /v1/health: 503",
        "always 503 x2",
    ],
)
def test_unreadable_line_raises_value_error_and_adds_nothing(sandbox, line):
    with pytest.raises(ValueError, match="fault"):
        sandbox.faults.add("404", line)
    assert not sandbox.faults
