from __future__ import annotations

from decimal import Decimal

import pytest
from journal_forms import Place, Places
from journal_runs import PRICE, Machine, ask, in_process

from runflow_client.batch.journals.journal import (
    RESUBMIT_WITHIN,
    Answer,
    Grant,
    Journal,
    Outcome,
    Totals,
    UnknownItem,
    Verdict,
    Worker,
)
from runflow_client.errors import InvalidRequestError, JournalError


def test_batch_of_another_account_is_refused(journal: Journal) -> None:
    journal.begin("batch", account="account")
    with pytest.raises(JournalError, match="'batch' of this journal belongs to another account") as raised:
        journal.begin("batch", account="another")
    assert "Nothing in it was overwritten" in str(raised.value)
    journal.begin("batch", account="account")
    journal.begin("other batch", account="another")


def test_another_batch_of_same_id_is_refused(journal: Journal) -> None:
    journal.begin("batch", account="account", description="a folder")
    with pytest.raises(JournalError, match="another batch has the id 'batch'.*batch_id="):
        journal.begin("batch", account="account", description="a list")


def test_refused_batch_leaves_no_lease(journal: Journal) -> None:
    worker = journal.begin("batch", account="account")
    with pytest.raises(JournalError):
        journal.begin("batch", account="another")
    ask(worker, "a")
    assert worker.fence("a")


def test_batch_id_that_cannot_be_stored_is_refused(journal: Journal) -> None:
    with pytest.raises(InvalidRequestError, match="batch_id must be text"):
        journal.begin("", account="account")


def test_account_is_not_stored(journal: Journal, place: Place) -> None:
    journal.begin("batch", account="the account", description="the description")
    journal.close()
    content = place.content()
    assert b"the account" not in content and b"the description" not in content


def test_error_cuts_secrets_from_names(journal: Journal) -> None:
    with pytest.raises(JournalError) as raised:
        journal.resolve("https://x.example/?signature=secret", "data:image/png;base64,AAAA" + "x" * 500, None)
    assert "secret" not in str(raised.value) and "AAAA" not in str(raised.value)
    assert len(str(raised.value)) < 400


def test_unknown_batch_has_no_totals_and_outcomes(journal: Journal) -> None:
    assert journal.totals("batch") == Totals()
    assert list(journal.outcomes("batch")) == []


def test_outcomes_come_in_order_of_their_end(journal: Journal) -> None:
    worker, other = journal.begin("batch", account="account"), journal.begin("other", account="account")
    items = [str(index) for index in range(250)]
    with worker.group():
        for item_id in items:
            ask(worker, item_id, budget=None)
            ask(other, item_id, budget=None)
    with worker.group():
        for item_id in reversed(items):
            worker.finished(item_id, Verdict.UNDECIDED, evaluation="{}")
            other.finished(item_id, Verdict.UNDECIDED, evaluation="{}")
    outcomes = list(journal.outcomes("batch"))
    assert [outcome.item_id for outcome in outcomes] == items[::-1]
    assert outcomes[0] == Outcome("249", Verdict.UNDECIDED, evaluation="{}", key=worker.key_of("249"))


def test_states_tell_what_became_of_each_item(worker: Worker, journal: Journal, machine: Machine) -> None:
    for item_id in ("granted", "submitted", "passed", "failed", "again", "unknown"):
        ask(worker, item_id, budget=None)
    for item_id in ("submitted", "passed", "failed", "again"):
        worker.submitted(item_id, f"e-{item_id}")
    worker.finished("passed", Verdict.PASSED)
    worker.finished("again", Verdict.FAILED)
    assert journal.retry_failed("batch") == 1
    worker.finished("failed", Verdict.FAILED)
    machine.seconds += RESUBMIT_WITHIN
    assert worker.grant("unknown", digest="digest of unknown").answer is Answer.UNKNOWN
    names = ("granted", "submitted", "passed", "failed", "unknown")
    assert dict(journal.states("batch")) == {name: name for name in names}
    assert list(journal.states("another")) == []


def test_states_of_many_items_come_in_order_of_their_ids(worker: Worker, journal: Journal) -> None:
    with worker.group():
        for number in range(2_000):
            ask(worker, f"{number:04d}", budget=None)
    assert list(journal.states("batch")) == [(f"{number:04d}", "granted") for number in range(2_000)]


def test_outcome_has_the_digest_of_its_image(worker: Worker, journal: Journal) -> None:
    for item_id, digest in (("a", "whole." + "0123456789abcdef" * 4), ("b", "whole")):
        ask(worker, item_id, digest=digest)
        worker.finished(item_id, Verdict.PASSED)
    assert [outcome.image_digest for outcome in journal.outcomes("batch")] == ["0123456789abcdef" * 2, None]
    assert [ask(worker, item_id, digest="whole.x").answer for item_id in "ab"] == [Answer.DONE, Answer.DONE]


def test_outcomes_may_be_read_while_items_end(journal: Journal) -> None:
    worker = journal.begin("batch", account="account")
    for item_id in ("a", "b"):
        ask(worker, item_id)
        worker.submitted(item_id, f"e-{item_id}")
        worker.finished(item_id, Verdict.PASSED, evaluation="{}", cost=PRICE)
    outcomes = journal.outcomes("batch")
    first = next(outcomes)
    assert first == Outcome("a", Verdict.PASSED, "{}", "e-a", PRICE, worker.key_of("a"))
    ask(worker, "c")
    assert [outcome.item_id for outcome in outcomes] == ["b"]


def test_batches_are_named_in_the_order_of_their_begin(journal: Journal) -> None:
    assert journal.batch_ids() == []
    for batch_id in ("b", "a", "b"):
        journal.begin(batch_id, account="account")
    assert journal.batch_ids() == ["b", "a"]


def test_unknown_items_are_named_with_key_and_age(journal: Journal, place: Place, machine: Machine) -> None:
    worker = journal.begin("batch", account="account")
    keys = [ask(worker, item_id, budget=None).key for item_id in ("a", "b", "granted")]
    machine.seconds += RESUBMIT_WITHIN
    for item_id in ("a", "b"):
        assert ask(worker, item_id).answer is Answer.UNKNOWN
    found = [UnknownItem(item_id, str(key), RESUBMIT_WITHIN) for item_id, key in zip("ab", keys, strict=False)]
    assert list(journal.unknown("batch")) == found
    assert list(journal.unknown("another")) == []
    listing = journal.unknown("batch")
    assert next(listing) == found[0]
    journal.resolve("batch", "b", "e-1")
    assert list(listing) == []


def test_unknown_item_resolved_to_evaluation_is_polled(journal: Journal, machine: Machine) -> None:
    key = ask(journal.begin("batch", account="account"), "a").key
    machine.seconds += 3600.0
    journal.resolve("batch", "a", "e-1")
    assert journal.totals("batch") == Totals(submitted=1, reserved=PRICE)
    grant = ask(journal.begin("batch", account="account"), "a")
    assert grant == Grant(Answer.SUBMITTED, key, evaluation_id="e-1")


def test_unknown_item_resolved_to_none_goes_again(journal: Journal, machine: Machine) -> None:
    ask(journal.begin("batch", account="account"), "a")
    machine.seconds += 3600.0
    worker = journal.begin("batch", account="account")
    assert ask(worker, "a").answer is Answer.UNKNOWN
    journal.resolve("batch", "a", None)
    assert journal.totals("batch") == Totals()
    assert ask(worker, "a").answer is Answer.GO


@pytest.mark.parametrize("state", ["missing", "granted", "given up", "submitted", "finished"])
def test_item_that_is_not_unknown_is_not_resolved(state: str, journal: Journal) -> None:
    worker = journal.begin("batch", account="account")
    if state != "missing":
        ask(worker, "a")
    if state == "given up":
        worker.released("a")
    if state == "submitted":
        worker.submitted("a", "e-1")
    if state == "finished":
        worker.finished("a", Verdict.UNDECIDED)
    before = journal.totals("batch")
    with pytest.raises(JournalError, match="'a' of batch 'batch' is not one whose outcome is unknown"):
        journal.resolve("batch", "a", "e-2")
    assert journal.totals("batch") == before


def test_closed_journal_refuses_calls(journal: Journal) -> None:
    worker = journal.begin("batch", account="account")
    journal.close()
    journal.close()
    worker.close()
    with pytest.raises(JournalError, match="is closed"):
        ask(worker, "a")
    with pytest.raises(JournalError, match="is closed"):
        journal.totals("batch")


def test_closing_ends_leases(journal: Journal, place: Place, machine: Machine) -> None:
    ask(journal.begin("batch", account="account"), "a")
    journal.close()
    again = place.open(machine)
    assert ask(again.begin("batch", account="account"), "a").answer is Answer.GO
    again.close()


def test_forked_process_may_not_use_journal(journal: Journal) -> None:
    worker = journal.begin("batch", account="account")

    def use() -> None:
        with pytest.raises(JournalError, match="is a fork"):
            ask(worker, "a")
        journal.close()

    assert in_process(use) == 0
    assert ask(worker, "a").answer is Answer.GO


def test_resubmit_time_is_configurable(new_place: Places, machine: Machine) -> None:
    journal = new_place("own").open(machine, resubmit_within=10.0)
    worker = journal.begin("batch", account="account")
    ask(worker, "a", price=Decimal(1), budget=None)
    machine.seconds += 10.0
    assert not worker.fence("a")
    journal.close()
