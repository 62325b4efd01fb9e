"""Exceptions of the network become values: why a request has no response, and whether the server may have received it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from ...errors import ConfigurationError
from ...flows.base.steps import FailureKind, RequestFailure, Response

FailureTable: TypeAlias = Iterable[tuple[type[BaseException], FailureKind]]
"""Which failure an exception of an HTTP library means; the first class that fits counts."""


def failure_from(
    error: BaseException, kind: FailureKind = FailureKind.BROKEN, *, may_have_been_received: bool = True
) -> RequestFailure:
    """Return the failure that an exception of the layer below means, without the exception: its frames hold the key."""
    words = str(error).strip()
    return RequestFailure(
        kind, f"{type(error).__name__}: {words}" if words else type(error).__name__, may_have_been_received
    )


def kind_of(error: BaseException, table: FailureTable, otherwise: FailureKind) -> FailureKind:
    """Return the kind of failure that a table says of an exception; an untrusted certificate comes before the table."""
    if _is_certificate_error(error):
        return FailureKind.UNTRUSTED
    return next((kind for exception, kind in table if isinstance(error, exception)), otherwise)


def _is_certificate_error(error: BaseException | None) -> bool:
    """Tell whether an exception is, or was caused by, a certificate that cannot be verified."""
    import ssl

    for _ in range(10):  # a chain of causes may be a circle
        if error is None:
            return False
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def is_network_error(error: OSError) -> bool:
    """Tell whether an OSError comes from the network: the `TimeoutError` that a signal handler raises has no number."""
    return not isinstance(error, TimeoutError) or error.errno is not None


def with_origin(result: Response | RequestFailure, origin: str) -> Response | RequestFailure:
    """Return a failure with where its request was to go."""
    return replace(result, origin=origin) if isinstance(result, RequestFailure) else result


def executor_error(error: RuntimeError) -> ConfigurationError:
    """Return the error of an executor that takes no work, as after `shutdown_default_executor()`."""
    return ConfigurationError(
        f"neither names can be resolved nor files be read, because the event loop's default executor takes no work ({error})"
    )


def closed_error() -> ConfigurationError:
    return ConfigurationError(
        "this client is closed: make a new one, or keep the `with` block open for as long as it is used"
    )
