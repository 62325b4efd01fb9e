"""The exit statuses, and the problems that end a command."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """The exit status of a command. For several images it is the largest one.

    `TERMINATED` follows the convention of shells for SIGTERM.
    """

    PASSED = 0
    REJECTED = 1
    NO_VERDICT = 2
    ERROR = 3
    INTERRUPTED = 130
    TERMINATED = 143


OUTCOME_STATUSES = {"passed": Status.PASSED, "rejected": Status.REJECTED, "error": Status.ERROR}
"""By the outcome of a record; every other one is without a verdict."""


class CommandError(Exception):
    """A command cannot go on; its text is one sentence that says what to do next."""


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived; it passes the same way as Ctrl-C."""
