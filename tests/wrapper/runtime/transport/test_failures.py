"""Why a request has no response, and what of it is told."""

from __future__ import annotations

import errno
import ssl

import pytest

from runflow_client.flows.base.responses import is_worth_retrying
from runflow_client.flows.base.steps import FailureKind, RequestFailure
from runflow_client.runtime.configuration import configure
from runflow_client.runtime.transport.failures import (
    closed_error,
    failure_from,
    is_network_error,
    kind_of,
)

CONFIGURATION = configure("rf_hidden", "org-1", "https://api.example/base", {"X-Team": "blue"}, {})
TABLE = ((ConnectionError, FailureKind.NOT_CONNECTED), (OSError, FailureKind.BROKEN))


@pytest.mark.parametrize("problem", [ConnectionResetError(), ConnectionResetError("  ")])
def test_an_exception_without_words_is_told_by_its_class(problem: Exception) -> None:
    assert failure_from(problem) == RequestFailure(FailureKind.BROKEN, "ConnectionResetError", True)


def test_a_failure_has_the_words_of_its_exception() -> None:
    failure = failure_from(OSError(" reset "), FailureKind.TIMEOUT, may_have_been_received=False)
    assert failure == RequestFailure(FailureKind.TIMEOUT, "OSError: reset", False)


def test_the_first_class_of_a_table_that_fits_counts() -> None:
    assert kind_of(ConnectionResetError(), TABLE, FailureKind.TIMEOUT) is FailureKind.NOT_CONNECTED
    assert kind_of(OSError(), TABLE, FailureKind.TIMEOUT) is FailureKind.BROKEN
    assert kind_of(ValueError(), TABLE, FailureKind.TIMEOUT) is FailureKind.TIMEOUT


@pytest.mark.parametrize("link", ["__cause__", "__context__"])
def test_a_certificate_error_is_found_behind_other_exceptions(link: str) -> None:
    error = ConnectionError("outside")
    middle = ConnectionError("middle")
    setattr(error, link, middle)
    setattr(middle, link, ssl.SSLCertVerificationError("self-signed"))
    assert kind_of(error, TABLE, FailureKind.TIMEOUT) is FailureKind.UNTRUSTED


def test_a_circle_of_causes_is_no_certificate_error() -> None:
    error, other = ConnectionError("one"), ConnectionError("other")
    error.__context__, other.__context__ = other, error
    assert kind_of(error, TABLE, FailureKind.TIMEOUT) is FailureKind.NOT_CONNECTED


@pytest.mark.parametrize("kind", list(FailureKind))
def test_only_what_would_fail_again_is_not_retried(kind: FailureKind) -> None:
    is_final = kind in (FailureKind.UNSENDABLE, FailureKind.UNTRUSTED)
    assert is_worth_retrying(RequestFailure(kind, "", False), outcome_unknown=False) == (not is_final)


@pytest.mark.parametrize(
    ("error", "is_networks"),
    [
        (OSError("no number"), True),
        (ConnectionResetError(errno.ECONNRESET, "reset"), True),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), True),
        (TimeoutError("an alarm"), False),
    ],
)
def test_a_timeout_error_without_a_number_is_not_the_networks(error: OSError, is_networks: bool) -> None:
    assert is_network_error(error) == is_networks


def test_a_closed_client_says_what_to_do() -> None:
    assert str(closed_error()) == ("this client is closed: create a new one, or use it only inside its `with` block")
