from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from runflow_client.batch.journals.stored import moments
from runflow_client.batch.journals.stored.moments import Moment, machine_moment


def test_moments_of_one_boot_are_compared() -> None:
    assert Moment("a", 12.0).since(Moment("a", 10.0)) == 2.0
    assert Moment("a", 12.0).after(3.0) == Moment("a", 15.0)


def test_moments_of_two_boots_are_infinitely_apart() -> None:
    assert Moment("b", 12.0).since(Moment("a", 10.0)) == math.inf


def test_machine_clock_goes_forward_in_one_boot() -> None:
    first, second = machine_moment(), machine_moment()
    assert second.since(first) >= 0.0
    assert second.since(first) != math.inf


@pytest.mark.parametrize("missing", [("CLOCK_BOOTTIME",), ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC", "clock_gettime")])
def test_clock_falls_back_to_monotonic_clock(missing: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in missing:
        monkeypatch.delattr(time, name, raising=False)
    earliest = time.monotonic()
    found = machine_moment().seconds
    assert earliest <= found <= time.monotonic()


def test_boot_without_name_is_named_by_its_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(moments, "_BOOT_ID", tmp_path / "missing")
    moments._boot.cache_clear()
    try:
        assert machine_moment().boot.startswith("started ")
    finally:
        moments._boot.cache_clear()
