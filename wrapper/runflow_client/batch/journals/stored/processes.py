"""Whether the process of a worker has ended, so that the next run need not wait for the end of its lease."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from .moments import machine_moment

_UNKNOWN = ""


def this_process() -> str:
    """Return a name for this process that no other one of any machine has; empty where the system tells too little."""
    return _name(os.getpid())


def has_ended(process: str) -> bool:
    """Return whether the process of a name has surely ended; one of another machine or container never has."""
    namespace, _, rest = process.partition(" ")
    number = rest.partition(" ")[0]
    if not number.isdigit() or namespace != _namespace():
        return False
    return _name(int(number)) != process


def _name(number: int) -> str:
    """Return the process's number with its namespace and its start, because numbers are used again; empty where there is none."""
    namespace = _namespace()
    try:
        status = Path(f"/proc/{number}/stat").read_text("utf-8", "replace")
    except OSError:
        return _UNKNOWN
    fields = status.rpartition(")")[2].split()
    state, start = fields[0], fields[19]
    return _UNKNOWN if namespace is None or state in "ZX" else f"{namespace} {number} {start}"


@cache
def _namespace() -> str | None:
    """Return the name of the boot and of the namespace in which the numbers of processes count; None where there is none."""
    try:
        return f"{machine_moment().boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return None
