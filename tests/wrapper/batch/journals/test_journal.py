from __future__ import annotations

from typing import Any

import pytest

from runflow_client.batch.journals.journal import Answer, Grant, Outcome, Verdict, checked_id
from runflow_client.errors import InvalidRequestError

SIGNED = "https://images.example/a.png?signature=secret"


@pytest.mark.parametrize("value", ["0", "a folder/ünïcode.png", "x" * 1000, "😀"])
def test_storable_id_is_returned(value: str) -> None:
    assert checked_id(value, "item_id") == value


@pytest.mark.parametrize("value", ["", "x" * 1001, "half \ud800", "nul \0", 7, None])
def test_id_that_cannot_be_stored_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="item_id must be text") as raised:
        checked_id(value, "item_id")
    assert raised.value.argument == "item_id"


def test_values_show_no_url_and_no_body() -> None:
    grant = Grant(Answer.GO, "key", (SIGNED,), outcome=Outcome("a", Verdict.PASSED, SIGNED))
    assert "secret" not in repr(grant)
