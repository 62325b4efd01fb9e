"""Whether a worker's process has ended: a killed run is continued at once, without waiting for its lease."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from journal_forms import Place
from journal_runs import Machine, ask, in_process

from runflow_client.batch.journals.journal import Answer
from runflow_client.batch.journals.stored import processes


def test_this_process_has_not_ended() -> None:
    name = processes.this_process()
    assert not processes.has_ended(name)
    assert name == processes.this_process()


@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="the system does not tell")
def test_ended_process_is_known_by_its_start() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = processes._name(child.pid)
    assert str(child.pid) in name and not processes.has_ended(name)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert processes.has_ended(name), "a process that its parent has not waited for yet"
    child.communicate()
    assert processes.has_ended(name)
    namespace, number, start = processes.this_process().rsplit(" ", 2)
    assert processes.has_ended(f"{namespace} {number} {int(start) - 1}")


@pytest.mark.parametrize("name", ["", "pid:[1] 999999999 5", "nothing"])
def test_process_of_which_nothing_is_known_has_not_ended(name: str) -> None:
    assert not processes.has_ended(name)


def test_system_without_names_of_processes_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    name = processes.this_process()

    def refuse(path: str) -> str:
        raise FileNotFoundError(path)

    processes._namespace.cache_clear()
    monkeypatch.setattr(processes.os, "readlink", refuse)
    try:
        assert processes.this_process() == ""
        assert not processes.has_ended(name)
    finally:
        monkeypatch.undo()
        processes._namespace.cache_clear()


@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="the system does not tell")
def test_items_of_a_killed_process_are_free_at_once(place: Place) -> None:
    def work() -> None:
        ask(place.open(Machine()).begin("batch", account="account"), "a")
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_process(work) == -signal.SIGKILL
    journal = place.open(Machine())
    grant = ask(journal.begin("batch", account="account"), "a")
    assert grant.answer is Answer.GO and grant.resumed
    journal.close()
