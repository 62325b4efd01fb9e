"""`Retry-After` in every form that RFC 9110 allows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runflow_client.flows.base.responses import retry_after
from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response

NOW = datetime(1994, 11, 6, 8, 49, 30, tzinfo=UTC).timestamp()
DATE = "Sun, 06 Nov 1994 08:49:30 GMT"
FORMS = [
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Sun, 06 Nov 1994 08:49:37 -0000",
    "Sun, 06 Nov 1994 09:49:37 +0100",
]


@pytest.mark.parametrize("form", FORMS)
def test_date_is_read_against_date_of_response(form: str) -> None:
    assert retry_after(Response(429, {"retry-after": form, "date": DATE}, b"", 0.0)) == 7.0


@pytest.mark.parametrize("form", FORMS)
def test_date_without_date_header_is_read_against_own_clock(form: str) -> None:
    assert retry_after(Response(429, {"retry-after": form}, b"", NOW)) == 7.0


@pytest.mark.parametrize("date", ["", "soon", "06 Nov"])
def test_date_of_response_that_cannot_be_read_is_passed_over(date: str) -> None:
    assert retry_after(Response(429, {"retry-after": FORMS[0], "date": date}, b"", NOW)) == 7.0


def test_date_without_any_clock_asks_for_no_pause() -> None:
    assert retry_after(Response(429, {"retry-after": FORMS[0]}, b"")) is None


def test_date_in_the_past_asks_for_no_wait() -> None:
    assert retry_after(Response(429, {"retry-after": DATE}, b"", NOW + 60)) == 0.0


def test_request_failure_asks_for_no_pause() -> None:
    assert retry_after(RequestFailure(FailureKind.TIMEOUT, "", True)) is None
