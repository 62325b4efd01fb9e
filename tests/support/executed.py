"""Counts what a call executes: instructions of Python, or functions. The numbers are the same on every machine."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import runflow_api
import runflow_client

_OURS = tuple(str(Path(str(package.__file__)).parent) for package in (runflow_api, runflow_client))


def opcodes_of(call: Callable[[], object]) -> int:
    """Return how many instructions of the bytecode a call executes in runflow_client and runflow_api.

    It is called once before, so that what is imported and made at first use does not count. The number depends on the version
    of Python, by some percent.
    """
    call()
    counted: Counter[str] = Counter()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        frame.f_trace_opcodes = True
        counted[event] += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return counted["opcode"]


def functions_of(call: Callable[[], object]) -> int:
    """Return how many functions of Python a call runs, in all packages; it is called once before, as above."""
    call()
    counted: Counter[str] = Counter()

    def profile(_: FrameType, event: str, __: Any) -> None:
        counted[event] += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(before)
    return counted["call"]
