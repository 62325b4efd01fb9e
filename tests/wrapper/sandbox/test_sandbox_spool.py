"""Uploaded bytes lie in a temporary file and not in memory."""

import gc
import os
import tracemalloc
from pathlib import Path

import pytest

from runflow_client.sandbox.service.assets.spool import Spool

PIECE = bytes(range(256)) * 256


def test_bytes_come_back_as_they_were_written_and_more_can_follow():
    spool = Spool(b"ab")
    spool.write(b"cd")
    assert (spool.read(), spool.size) == (b"abcd", 4)
    spool.write(b"ef")
    assert (spool.read(), spool.read(), spool.size) == (b"abcdef", b"abcdef", 6)


def test_large_uploads_take_little_memory():
    tracemalloc.start()
    try:
        spools = [Spool() for _ in range(3)]
        for spool in spools:
            for _ in range(160):
                spool.write(PIECE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(spool.size for spool in spools) == 3 * 160 * 65536
    assert peak < 5 * 1_048_576
    assert spools[2].read() == PIECE * 160


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files cannot be counted here")
def test_its_file_is_gone_when_it_is():
    before = len(os.listdir("/proc/self/fd"))
    spools = [Spool(PIECE * 20) for _ in range(5)]
    assert len(os.listdir("/proc/self/fd")) == before + 5
    del spools
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before
