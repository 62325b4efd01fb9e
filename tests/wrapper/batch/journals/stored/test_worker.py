"""Every row of the journal's table: grant, fence, submitted, finished, withdrawn; and who may do them when."""

from __future__ import annotations

from decimal import Decimal

import pytest
from journal_forms import Place, Places
from journal_runs import PRICE, Machine, ask

from runflow_client.batch.journals.journal import Answer, Grant, Journal, Totals, Verdict, Worker
from runflow_client.errors import InvalidRequestError

FIRST = "https://images.example/a.png?signature=first"
AGAIN = "https://images.example/a.png?signature=again"
DATA = "data:image/png;base64,AAAA"
LEASE = 61.0
WINDOW = 3600.0


def test_grant_of_new_item_goes(worker: Worker, journal: Journal) -> None:
    grant = ask(worker, "a", image_references=(FIRST, DATA))
    assert grant == Grant(Answer.GO, worker.key_of("a"), (FIRST, None))
    assert journal.totals("batch") == Totals(granted=1, reserved=PRICE)


def test_image_data_is_not_stored(worker: Worker, journal: Journal, place: Place) -> None:
    ask(worker, "a", image_references=(DATA.upper(),))
    worker.submitted("a", "e-1")
    worker.finished("a", Verdict.PASSED, evaluation=f'{{"generated_image_url":"{DATA}"}}')
    found = worker.find("a")
    assert found is not None and found.outcome is not None
    assert found.outcome.evaluation == '{"generated_image_url":"[image data cut]"}'
    journal.close()
    assert b"AAAA" not in place.content()


def test_key_of_request_is_kept(worker: Worker) -> None:
    assert ask(worker, "a", key="mine").key == "mine"
    assert ask(worker, "a", key="another").key == "mine"


def test_keys_differ_by_item_batch_and_journal(worker: Worker, journal: Journal, new_place: Places) -> None:
    second = new_place("second").open()
    keys = {
        worker.key_of("a"),
        worker.key_of("b"),
        journal.begin("another", account="account").key_of("a"),
        second.begin("batch", account="account").key_of("a"),
    }
    second.close()
    assert len(keys) == 4


def test_key_is_same_in_next_run(worker: Worker, journal: Journal, place: Place) -> None:
    key = worker.key_of("a")
    journal.close()
    again = place.open()
    assert again.begin("batch", account="account").key_of("a") == key
    again.close()


def test_item_id_that_cannot_be_stored_is_refused(worker: Worker) -> None:
    for call in (worker.key_of, worker.find, lambda item_id: ask(worker, item_id)):
        with pytest.raises(InvalidRequestError):
            call("half \ud800")


def test_item_of_living_worker_waits(worker: Worker, other: Worker, machine: Machine) -> None:
    ask(worker, "a")
    machine.seconds += 20.0
    assert ask(other, "a") == Grant(Answer.WAIT, wait_seconds=40.0)
    assert other.find("a") == Grant(Answer.WAIT, wait_seconds=40.0)


def test_renewed_lease_goes_on(worker: Worker, other: Worker, machine: Machine) -> None:
    ask(worker, "a")
    machine.seconds += 50.0
    worker.renew()
    machine.seconds += 50.0
    assert ask(other, "a") == Grant(Answer.WAIT, wait_seconds=10.0)
    assert worker.fence("a")


def test_lease_of_ended_worker_is_taken_over(worker: Worker, other: Worker, machine: Machine) -> None:
    granted = ask(worker, "a", image_references=(FIRST,))
    machine.seconds += LEASE
    assert ask(other, "a", image_references=(AGAIN,)) == Grant(Answer.GO, granted.key, (FIRST,), resumed=True)


def test_item_goes_again_to_its_own_worker(worker: Worker) -> None:
    granted = ask(worker, "a", image_references=(FIRST,))
    assert ask(worker, "a") == Grant(Answer.GO, granted.key, (FIRST,), resumed=True)


@pytest.mark.parametrize("end", ["released", "closed"])
def test_item_given_up_is_taken_up_at_once(end: str, worker: Worker, other: Worker, machine: Machine) -> None:
    ask(worker, "a")
    if end == "released":
        assert worker.released("a")
    else:
        worker.close()
    assert ask(other, "a").answer is Answer.GO
    assert not worker.released("a")
    assert not worker.fence("a")


def test_fence_lets_a_fresh_grant_pass(worker: Worker, other: Worker) -> None:
    ask(worker, "a")
    assert worker.fence("a")
    assert not other.fence("a")
    assert not worker.fence("b")


def test_frozen_worker_sends_nothing_after_lease(worker: Worker, machine: Machine) -> None:
    ask(worker, "a")
    machine.seconds += LEASE
    assert not worker.fence("a")


def test_frozen_worker_sends_nothing_after_takeover(worker: Worker, other: Worker, machine: Machine) -> None:
    ask(worker, "a")
    machine.seconds += LEASE
    other.renew()
    ask(other, "a")
    worker.renew()
    assert not worker.fence("a")
    assert other.fence("a")


def test_frozen_worker_goes_on_where_nobody_took_over(worker: Worker, journal: Journal, machine: Machine) -> None:
    ask(worker, "a")
    machine.seconds += LEASE
    journal.begin("batch", account="account")  # removes the ended lease
    worker.renew()
    assert not worker.fence("a")
    assert ask(worker, "a").answer is Answer.GO
    assert worker.fence("a")


def test_fence_refuses_key_that_is_too_old(worker: Worker, machine: Machine) -> None:
    ask(worker, "a")
    until = machine.seconds + WINDOW
    while machine.seconds < until - 1:
        machine.seconds = min(machine.seconds + LEASE / 2, until - 1)
        worker.renew()
    assert worker.fence("a")
    machine.seconds += 1
    assert not worker.fence("a")


@pytest.mark.parametrize("change", ["later", "backwards"])
def test_item_with_old_key_is_unknown(
    change: str, worker: Worker, other: Worker, journal: Journal, machine: Machine
) -> None:
    key = ask(worker, "a", image_references=(FIRST,)).key
    if change == "later":
        machine.seconds += WINDOW
    else:
        machine.seconds -= 1.0
        worker.close()
    assert ask(other, "a") == Grant(Answer.UNKNOWN, key)
    assert ask(other, "a") == other.find("a") == Grant(Answer.UNKNOWN, key)
    assert journal.totals("batch") == Totals(unknown=1, spent=PRICE)
    assert not other.fence("a")
    assert not other.withdrawn("a")


def test_late_response_closes_unknown_item(worker: Worker, other: Worker, journal: Journal, machine: Machine) -> None:
    ask(worker, "a")
    machine.seconds += WINDOW
    ask(other, "a")
    assert worker.submitted("a", "e-1")
    assert journal.totals("batch") == Totals(submitted=1, reserved=PRICE)
    assert other.finished("a", Verdict.PASSED, cost=PRICE)


def test_end_of_unknown_item_is_settled(worker: Worker, journal: Journal, machine: Machine) -> None:
    ask(worker, "a")
    machine.seconds += WINDOW
    assert ask(worker, "a").answer is Answer.UNKNOWN
    assert worker.finished("a", Verdict.REJECTED, cost=Decimal("0.03"))
    assert journal.totals("batch") == Totals(rejected=1, spent=Decimal("0.03"))


def test_submitted_item_is_polled_by_next_worker(worker: Worker, other: Worker, machine: Machine) -> None:
    key = ask(worker, "a").key
    assert worker.submitted("a", "e-1")
    assert worker.submitted("a", "e-1")
    assert ask(other, "a").answer is Answer.WAIT
    machine.seconds += 10 * WINDOW
    other.renew()
    assert other.find("a") == Grant(Answer.SUBMITTED, key, evaluation_id="e-1")
    assert ask(worker, "a").answer is Answer.WAIT
    assert not other.fence("a")


def test_first_evaluation_of_item_stays(worker: Worker, other: Worker) -> None:
    assert not worker.submitted("a", "e-1")
    ask(worker, "a")
    assert other.submitted("a", "e-1")
    assert not worker.submitted("a", "e-2")
    worker.finished("a", Verdict.PASSED)
    assert not worker.submitted("a", "e-1")


@pytest.mark.parametrize("end", ["submitted", "finished", "withdrawn", "unknown"])
def test_signed_url_is_gone_once_not_needed(
    end: str, worker: Worker, journal: Journal, machine: Machine, place: Place
) -> None:
    ask(worker, "a", image_references=(FIRST,))
    match end:
        case "submitted":
            worker.submitted("a", "e-1")
        case "finished":
            worker.finished("a", Verdict.UNDECIDED)
        case "withdrawn":
            worker.withdrawn("a")
        case _:
            machine.seconds += WINDOW
            assert ask(worker, "a").answer is Answer.UNKNOWN
    journal.close()
    assert b"signature" not in place.content()


@pytest.mark.parametrize(
    ("cost", "spent"),
    [(Decimal("0.07"), "0.07"), (None, "0.05"), (Decimal(0), "0"), (Decimal("NaN"), "0.05"), (Decimal(-1), "0.05")],
)
def test_end_settles_price_against_cost(cost: Decimal | None, spent: str, worker: Worker, journal: Journal) -> None:
    ask(worker, "a")
    worker.submitted("a", "e-1")
    assert worker.finished("a", Verdict.UNDECIDED, cost=cost)
    assert journal.totals("batch") == Totals(undecided=1, spent=Decimal(spent))


def test_ended_item_is_done(worker: Worker, other: Worker) -> None:
    key = ask(worker, "a").key
    worker.submitted("a", "e-1")
    assert worker.finished("a", Verdict.FAILED, evaluation='{"id":"\ud800"}', cost=PRICE)
    assert not worker.finished("a", Verdict.PASSED)
    assert not worker.released("a")
    found = other.find("a", "digest of a")
    assert found == ask(other, "a")
    assert found is not None and found.answer is Answer.DONE and found.outcome is not None
    assert (found.key, found.evaluation_id) == (key, "e-1")
    assert found.outcome.evaluation == '{"id":"\\ud800"}'
    assert (found.outcome.cost, found.outcome.verdict) == (PRICE, Verdict.FAILED)


def test_item_without_row_cannot_finish(worker: Worker, journal: Journal) -> None:
    assert not worker.finished("a", Verdict.UNDECIDED)
    assert journal.totals("batch") == Totals()


def test_withdrawn_item_returns_its_price(worker: Worker, other: Worker, journal: Journal) -> None:
    ask(worker, "a")
    assert not other.withdrawn("a")
    assert worker.withdrawn("a")
    assert not worker.withdrawn("a")
    assert journal.totals("batch") == Totals()
    assert worker.find("a") is None
    assert not ask(other, "a").resumed


def test_submitted_item_is_not_withdrawn(worker: Worker) -> None:
    ask(worker, "a")
    worker.submitted("a", "e-1")
    assert not worker.withdrawn("a")


def test_budget_bounds_spent_and_reserved_exactly(worker: Worker, journal: Journal) -> None:
    tenth = Decimal("0.1")
    answers = [ask(worker, str(index), price=tenth, budget=Decimal("0.3")).answer for index in range(4)]
    assert answers == [Answer.GO, Answer.GO, Answer.GO, Answer.BUDGET]
    assert worker.find("3") is None
    worker.finished("0", Verdict.PASSED, cost=Decimal("0.0999"))
    assert ask(worker, "3", price=tenth, budget=Decimal("0.3")).answer is Answer.BUDGET
    worker.withdrawn("1")
    assert ask(worker, "3", price=tenth, budget=Decimal("0.3")).answer is Answer.GO
    assert journal.totals("batch").reserved == Decimal("0.2")


def test_refused_grant_says_whether_others_may_free_credits(
    worker: Worker, other: Worker, journal: Journal, machine: Machine
) -> None:
    def refused(asking: Worker) -> Grant:
        grant = ask(asking, "b", budget=PRICE)
        assert grant.answer is Answer.BUDGET
        return grant

    ask(worker, "a", budget=PRICE)
    assert refused(other).may_be_freed
    assert not refused(worker).may_be_freed
    worker.submitted("a", "e-1")
    assert refused(other).may_be_freed
    machine.seconds += LEASE
    other.renew()
    assert not refused(other).may_be_freed
    worker.renew()
    assert refused(other).may_be_freed
    worker.finished("a", Verdict.PASSED, cost=PRICE)
    assert not refused(other).may_be_freed


def test_item_granted_before_needs_no_budget(worker: Worker) -> None:
    ask(worker, "a", budget=None)
    assert ask(worker, "a", budget=Decimal(0)).answer is Answer.GO
    assert ask(worker, "b", budget=Decimal(0)).answer is Answer.BUDGET


@pytest.mark.parametrize("state", ["granted", "submitted", "finished"])
def test_changed_content_is_never_sent(state: str, worker: Worker) -> None:
    ask(worker, "a")
    if state != "granted":
        worker.submitted("a", "e-1")
    if state == "finished":
        worker.finished("a", Verdict.PASSED, cost=PRICE)
    changed = ask(worker, "a", digest="another")
    assert changed == worker.find("a", "another")
    assert changed.answer is Answer.CHANGED
    assert (None if changed.outcome is None else changed.outcome.cost) == (PRICE if state == "finished" else None)


def test_find_leaves_item_that_may_go(worker: Worker, other: Worker, machine: Machine) -> None:
    ask(worker, "a")
    machine.seconds += LEASE
    assert other.find("a") is None
    assert other.find("b") is None


def test_workers_share_one_pace(worker: Worker, other: Worker, machine: Machine) -> None:
    assert [worker.pace(4.0), other.pace(4.0, 2), worker.pace(4.0)] == [0.0, 0.25, 0.75]
    machine.seconds += 0.5
    assert other.pace(4.0) == 0.5
    machine.seconds += 100.0
    assert other.pace(4.0) == 0.0


def test_batches_have_paces_of_their_own(worker: Worker, journal: Journal) -> None:
    worker.pace(1.0, 100)
    assert journal.begin("another", account="account").pace(1.0) == 0.0
