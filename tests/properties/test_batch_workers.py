"""Batches that share a journal, with kills, freezes, lost responses, 429s and forgotten keys in any order, on the virtual clock."""

from __future__ import annotations

import logging

import pytest
from batch_simulation import simulate
from fault_injection import searched
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "runflow_client")


@searched(20, long=0.1)
@given(seed=st.integers(0, 2**32))
def test_every_item_has_one_outcome_and_one_charge(seed: int) -> None:
    simulate(seed)
