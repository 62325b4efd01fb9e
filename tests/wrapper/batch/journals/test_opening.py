from __future__ import annotations

from pathlib import Path

import pytest

from runflow_client import open_journal
from runflow_client.errors import JournalError


def test_missing_file_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="typo.db': there is no such file.*create=True"):
        open_journal(tmp_path / "typo.db")
    assert list(tmp_path.iterdir()) == []


def test_file_is_made_where_that_is_asked_for(tmp_path: Path) -> None:
    open_journal(tmp_path / "new.db", create=True).close()
    journal = open_journal(tmp_path / "new.db")
    assert journal.batch_ids() == []
    journal.close()
