"""A process that is killed while it makes the file."""

from __future__ import annotations

import os
import signal
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from journal_runs import Machine, ask, in_process

from runflow_client.batch.journals.journal import Answer
from runflow_client.batch.journals.sqlite import open_journal


def test_process_killed_while_making_file_leaves_journal_usable(tmp_path: Path) -> None:
    class Killing(sqlite3.Connection):
        left = 0

        def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            if Killing.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            Killing.left -= 1
            return super().execute(statement, *arguments)

    connect = sqlite3.connect

    def make(path: Path, statements: int) -> None:
        Killing.left = statements
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=Killing, **kwargs))
            open_journal(path).close()

    statements = 0
    while (status := in_process(partial(make, tmp_path / f"journal-{statements}", statements))) == -signal.SIGKILL:
        journal = open_journal(tmp_path / f"journal-{statements}", clock=Machine(seconds=1100.0))
        assert ask(journal.begin("batch", account="account"), "a").answer is Answer.GO
        journal.close()
        statements += 1
    assert status == 0
    assert statements > 10
