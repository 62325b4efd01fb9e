"""Uploaded bytes are kept in a temporary file."""

import gc
import os
import tempfile
import tracemalloc
from pathlib import Path

import pytest

from runflow_client.sandbox.service.assets.spool import Spool

PIECE = bytes(range(256)) * 256


def test_spool_returns_the_written_bytes():
    spool = Spool(b"ab")
    spool.write(b"cd")
    assert (spool.read(), spool.size) == (b"abcd", 4)
    spool.write(b"ef")
    assert (spool.read(), spool.read(), spool.size) == (b"abcdef", b"abcdef", 6)


def test_large_spools_take_little_memory():
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
def test_file_is_removed_with_its_spool():
    before = len(os.listdir("/proc/self/fd"))
    spools = [Spool(PIECE * 20) for _ in range(5)]
    assert len(os.listdir("/proc/self/fd")) == before + 5
    del spools
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files cannot be counted here")
def test_closed_spool_holds_no_descriptor_and_can_be_used_again():
    before = len(os.listdir("/proc/self/fd"))
    spools = [Spool(PIECE * 20) for _ in range(5)]
    for spool in spools:
        spool.close()
    assert len(os.listdir("/proc/self/fd")) == before
    assert spools[0].read() == PIECE * 20
    spools[0].write(b"more")
    assert spools[0].read() == PIECE * 20 + b"more"
    Spool(b"small").close()


def test_temporary_file_is_deleted_with_its_spool(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spool = Spool(PIECE * 20)
    spool.close()
    assert len(list(tmp_path.iterdir())) == 1
    del spool
    gc.collect()
    assert list(tmp_path.iterdir()) == []
