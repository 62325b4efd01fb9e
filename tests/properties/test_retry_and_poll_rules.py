"""Retries and polls against a second implementation of their rules, written from docs/promises.md alone."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

from fault_injection import searched, seconds
from hypothesis import given
from hypothesis import strategies as st
from player import BROKEN, NOT_CONNECTED, TIMED_OUT, Player, response

from runflow_client import Evaluation, PollPolicy, RetryPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows import submitting
from runflow_client.flows.base.steps import Request, RequestFailure, Response
from runflow_client.models.evaluation_request import EvaluationRequest

ID = "0193f0a0-0000-7000-8000-000000000001"
TARGET = f"/v1/evaluations/{ID}?embed=judges%2Caction%2Cgate_failures"
OTHER = "0193f0a0-0000-7000-8000-000000000002"
DATE = {"date": "Thu, 01 Jan 2026 12:00:00 GMT"}
ASKED = {
    "0": 0.0,
    "0.5": 0.5,
    "3": 3.0,
    "59.9": 59.9,
    "61": 61.0,
    "36000": 36_000.0,
    "Thu, 01 Jan 2026 12:00:07 GMT": 7.0,
    "Thu, 01 Jan 2026 11:00:00 GMT": 0.0,
    "nan": None,
    "inf": None,
    "-5": None,
    "soon": None,
}
"""Values of `Retry-After` with the seconds that each means."""
END = ("completed", "failed")
EPSILON = 1e-6
PENDING = response(202, {"id": ID, "status_code": "pending"})
FIELDS = [{"loc": ["body", "task_type"], "msg": "too long"}]
_asked = st.one_of(st.none(), st.none(), st.sampled_from(list(ASKED)))
_failures = st.sampled_from([BROKEN, NOT_CONNECTED, TIMED_OUT])
_later, _no = [408, 425, 429, 503], [302, 400, 401, 402, 403, 409, 422]
_broken = [500, 501, 502, 505, 520]


def refused(*groups: list[int]) -> st.SearchStrategy[Response]:
    return st.builds(
        lambda status, asked: response(
            status, {"code": "NO", "errors": FIELDS}, **({"retry-after": asked, **DATE} if asked else {})
        ),
        st.one_of(*map(st.sampled_from, groups)),
        _asked,
    )


_no_object = st.sampled_from(
    [response(200, b"<html>"), response(200, []), response(202, b""), response(200, b'{"id": "')]
)
_shown = st.builds(
    lambda named, status: response(200, {"id": named, "status_code": status}),
    st.sampled_from([ID, ID, ID.upper(), None, OTHER, OTHER]),
    st.sampled_from(["pending", "running", "running", "quite_new", "completed", "failed"]),
)
_unended = st.sampled_from(["pending", "running"]).map(lambda status: response(200, {"id": ID, "status_code": status}))
poll_results = st.one_of(_unended, _shown, refused([404]), refused(_later, _no, _broken), _failures, _no_object)
answers = st.one_of(
    refused(_later),
    refused([408, 409]),
    refused([409]),
    refused(_no, _broken),
    _failures,
    _no_object,
    st.just(PENDING),
)


def rows(
    one: st.SearchStrategy[Response | RequestFailure], most: int
) -> st.SearchStrategy[list[Response | RequestFailure]]:
    """Return rows of results, each repeated some times, like a lasting fault."""
    repeated = st.tuples(one, st.integers(1, most)).map(lambda pair: [pair[0]] * pair[1])
    return st.lists(repeated, min_size=1, max_size=7).map(lambda parts: list(chain(*parts)))


class RecordingPlayer(Player):
    """A player that records each result with its time; the last result of the row repeats."""

    def __init__(self, row: list[Response | RequestFailure], took: float, **settings: Any) -> None:
        super().__init__(row, took, **settings)
        self.results: list[tuple[float, Response | RequestFailure]] = []

    def _send(self, request: Request, deadline: float | None) -> Response | RequestFailure:
        given = super()._send(request, deadline)
        self.results.append((self.now, given))
        return given


def submission() -> EvaluationRequest:
    return EvaluationRequest(image="https://example.com/a.png", task_type="headshot")


def asked_by(given: Response | RequestFailure) -> float | None:
    return None if isinstance(given, RequestFailure) else ASKED.get(given.headers.get("retry-after", "none"))


def object_in(given: Response | RequestFailure) -> dict[str, Any] | None:
    if isinstance(given, RequestFailure) or not 200 <= given.status < 300:
        return None
    try:
        found = json.loads(given.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class Wait:
    """The promise on waiting, applied to each poll in order."""

    def __init__(self, status: str | None) -> None:
        self.status = status
        self.shown: list[str | None] = [] if status is None else [status]
        self.first_404: float | None = None

    def ends_with(self, time: float, given: Response | RequestFailure) -> str | None:
        found = object_in(given)
        if found is not None:
            if found["id"] not in (None, ID, ID.upper()):
                return None  # a response about another evaluation is ignored
            self.first_404 = None
            if found["status_code"] != self.status:
                self.status = found["status_code"]
                self.shown.append(self.status)
            return "returned" if self.status in END else None
        if isinstance(given, RequestFailure) or 200 <= given.status < 300:
            return None
        if given.status == 404:
            self.first_404 = time if self.first_404 is None else self.first_404
            return "raised" if time - self.first_404 >= 10 else None
        return None if given.status >= 500 or given.status in (408, 425, 429) else "raised"


@searched(1_000, long=2.0)
@given(
    rows(poll_results, 4),
    seconds(0.0, 3.0),
    seconds(3.1, 300.0),
    st.sampled_from(["an id", "an evaluation", "a submission"]),
)
def test_wait_ends_exactly_where_poll_rules_allow(
    row: list[Response | RequestFailure], took: float, timeout: float, given_is: str
) -> None:
    submits = given_is == "a submission"
    player, seen = RecordingPlayer([PENDING, *row] if submits else row, took), list[Evaluation]()
    began, wait = player.now, Wait(None if given_is == "an id" else "pending")
    options: Any = {"timeout": timeout, "poll": PollPolicy(), "on_update": seen.append}
    known = ID if given_is == "an id" else Evaluation.from_dict({"id": ID, "status_code": "pending"})
    ended: Any
    try:
        flow = flows.evaluate if submits else flows.wait
        ended = player.run(flow(player.context, submission() if submits else known, **options))
    except errors.RunflowError as error:
        ended = error
    said = [wait.ends_with(*one) for one in player.results[submits:]]
    assert said[:-1] == [None] * (len(said) - 1), "the wait continued after its end"
    assert [evaluation.status_code for evaluation in seen] == wait.shown
    if said[-1] == "returned":
        if submits and wait.status == "failed":
            assert isinstance(ended, errors.EvaluationFailedError), "a failed evaluation has no verdict"
            ended = ended.evaluation
        assert (ended.id.lower(), ended.status_code) == (ID, wait.status)
    elif said[-1] == "raised":
        assert isinstance(ended, errors.APIError) and ended.status == getattr(player.results[-1][1], "status", None)
    else:
        assert isinstance(ended, errors.WaitTimeoutError)
        assert ended.evaluation.status_code == wait.status
        assert timeout - (player.now - began) <= 5.0 + EPSILON, "the wait ended before its deadline"
    assert {request.target for request in player.requests[submits:]} == {TARGET}
    check_pauses(player, lasts_until=began + timeout)
    check_last_poll(player, row, took)


def check_pauses(player: RecordingPlayer, lasts_until: float) -> None:
    """Check that a pause is what the server asks for, else at most the policy's; the last poll may come earlier."""
    policy = PollPolicy()
    for number, (time, one) in enumerate(player.results[:-1]):
        pause, asked = player.times[number + 1] - time, asked_by(one) or 0.0
        assert pause <= max(policy.first, asked) + EPSILON
        assert pause >= asked - EPSILON or number + 2 == len(player.results)
    for time, deadline in zip(player.times, player.deadlines, strict=True):
        assert deadline is not None and deadline <= min(time + 20.0, lasts_until) + EPSILON


def check_last_poll(player: RecordingPlayer, row: list[Response | RequestFailure], took: float) -> None:
    """Check that the deadline cuts off no poll where responses are fast."""
    if took <= 0.25 and TIMED_OUT not in row:
        assert all(one is not TIMED_OUT for _, one in player.results)


class Attempts:
    """The promise on retries, applied to each result in order, with every pause at its maximum."""

    def __init__(self, policy: RetryPolicy, deadline: float) -> None:
        self.policy, self.deadline = policy, deadline
        self.number, self.unknown = 0, False

    def pause_after(self, time: float, given: Response | RequestFailure) -> float | None:
        """Return the pause before the next attempt; None if the rules allow no other attempt."""
        self.number += 1
        status = None if isinstance(given, RequestFailure) else given.status
        again = status is None or status in (408, 425, 429) or (status >= 500 and status not in (501, 505))
        if not again and not (status == 409 and self.unknown):
            return None
        maybe = (
            given.may_have_been_received
            if isinstance(given, RequestFailure)
            else given.status == 408 or given.status >= 500
        )
        self.unknown = self.unknown or maybe
        asked = asked_by(given) or 0.0
        pause = max(asked, min(self.policy.longest_pause, self.policy.first_pause * 2 ** (self.number - 1)))
        ends = self.number >= self.policy.attempts or asked > self.policy.longest_retry_after
        return None if ends or time + pause >= self.deadline else pause


@searched(1_000, long=2.0)
@given(
    rows(answers, 2),
    seconds(0.0, 3.0),
    seconds(0.5, 200.0),
    st.integers(1, 6),
    st.sampled_from([1.0, 1.0, 60.0, 100_000.0]),
    st.booleans(),
)
def test_request_is_retried_exactly_where_retry_rules_allow(
    row: list[Response | RequestFailure], took: float, timeout: float, attempts: int, longest: float, submits: bool
) -> None:
    policy = RetryPolicy(attempts=attempts, longest_retry_after=longest)
    player = RecordingPlayer(row, took, timeout=timeout, retries=policy)
    rules = Attempts(policy, player.now + timeout)
    outcome: Any
    try:
        outcome = player.run(
            submitting.submit(player.context, submission()) if submits else flows.get(player.context, ID, ())
        )
    except errors.RunflowError as error:
        outcome = error
    pauses = [rules.pause_after(*one) for one in player.results]
    assert None not in pauses[:-1], "the request was retried after its end"
    assert player.sleeps == [pause for pause in pauses if pause is not None]
    assert pauses[-1] is None, "the request was not retried"
    for time, deadline in zip(player.times, player.deadlines, strict=True):
        assert deadline == min(time + policy.attempt_timeout, rules.deadline)
    check_outcome(outcome, player.results[-1][1])


def check_outcome(outcome: Any, last: Response | RequestFailure) -> None:
    """Check that the outcome of the call follows from the last result."""
    if object_in(last) is not None:
        assert isinstance(outcome, Evaluation) and outcome.id == ID
    elif isinstance(last, RequestFailure):
        kind = errors.RequestTimeoutError if last is TIMED_OUT else errors.ConnectionFailedError
        assert type(outcome) is kind
    elif 200 <= last.status < 300:
        assert isinstance(outcome, errors.DecodeError)
    else:
        assert isinstance(outcome, errors.APIError)
        assert (outcome.status, outcome.code, outcome.errors) == (last.status, "NO", FIELDS)
        assert getattr(outcome, "retry_after", None) == (asked_by(last) if last.status == 429 else None)
