"""Turning network exceptions into failures: why a request has no response, and whether the server may have received it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from ...errors import ConfigurationError
from ...flows.base.steps import FailureKind, RequestFailure, Response

FailureTable: TypeAlias = Iterable[tuple[type[BaseException], FailureKind]]
"""The kinds of failure of an HTTP library's exceptions; the first matching class counts."""


def failure_from(
    error: BaseException, kind: FailureKind = FailureKind.BROKEN, *, may_have_been_received: bool = True
) -> RequestFailure:
    """Return the failure of a network exception, without the exception itself, because its frames hold the key."""
    words = str(error).strip()
    return RequestFailure(
        kind, f"{type(error).__name__}: {words}" if words else type(error).__name__, may_have_been_received
    )


def kind_of(error: BaseException, table: FailureTable, otherwise: FailureKind) -> FailureKind:
    """Return the kind of failure of an exception from a table; an untrusted certificate is found before the table is used."""
    if _is_certificate_error(error):
        return FailureKind.UNTRUSTED
    return next((kind for exception, kind in table if isinstance(error, exception)), otherwise)


def _is_certificate_error(error: BaseException | None) -> bool:
    """Return whether an exception is, or was caused by, a certificate that cannot be verified."""
    import ssl

    for _ in range(10):  # a chain of causes may be circular
        if error is None:
            return False
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def is_network_error(error: OSError) -> bool:
    """Return whether an OSError comes from the network; the `TimeoutError` of a signal handler has no errno and does not."""
    return not isinstance(error, TimeoutError) or error.errno is not None


def with_origin(result: Response | RequestFailure, origin: str) -> Response | RequestFailure:
    """Return a failure with the origin of its request."""
    return result._replace(origin=origin) if isinstance(result, RequestFailure) else result


def executor_error(error: RuntimeError) -> ConfigurationError:
    """Return the error for an executor that takes no work, as after `shutdown_default_executor()`."""
    return ConfigurationError(
        f"host names cannot be resolved and files cannot be read, because the event loop's default executor takes no work ({error}); "
        "call before the executor is shut down"
    )


def closed_error() -> ConfigurationError:
    return ConfigurationError("this client is closed: create a new one, or use it only inside its `with` block")
