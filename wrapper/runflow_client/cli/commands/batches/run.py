"""One run of `runflow batch`: the outcomes go to their place, and stderr tells how far it is."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ....batch.journals.journal import Totals as JournalTotals
from ....batch.outcomes import Outcome, Totals
from ....batch.sync_batch import Batch
from ....errors import (
    AuthenticationError,
    BudgetExceededError,
    InsufficientCreditError,
    PermissionDeniedError,
    RunflowError,
    UnknownOutcomeError,
)
from ....events import EvaluationSubmitted
from ...base.explanations import explain, is_of_other_content, status_of
from ...base.statuses import OUTCOME_STATUSES, Status
from ...manifests.manifest import Manifest
from ...results.files import ResultsFile
from ...results.records import FINAL, Record, record_of
from ...results.texts import write_record
from ...terminal.progress import progress_on
from ...terminal.screen import Screen
from ...terminal.words import counted, printable, tally, unfinished

_END_ALL = (AuthenticationError, PermissionDeniedError, InsufficientCreditError)
"""What ends the run: each further item would end the same way, and the same command can go on later."""


_SAME_EACH_TIME = "invalid_media"
"""The failure code of what is no readable image."""


class _Results(Protocol):
    """Where results go."""

    def write(self, record: Record) -> bool: ...

    def count_others(self, is_ours: Callable[[str], bool]) -> int: ...

    def close(self) -> None: ...


class _OnScreen:
    """Results on stdout."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def write(self, record: Record) -> bool:
        write_record(self._screen, record)
        return True

    def count_others(self, is_ours: Callable[[str], bool]) -> int:
        return 0

    def close(self) -> None:
        """Leave stdout open."""


class Run:
    """Takes the outcomes of a batch.

    Args:
        output: the results file, - for stdout.
        manifest: what is evaluated.
        screen: where to write.
        whole: whether results hold whole evaluations.
        retries_failed: whether failed items get another outcome.

    Attributes:
        how_to_go_on: the command that goes on with the batch.
        how_to_look: the command that shows what was found.
        how_to_resolve: the command that says what became of items whose outcome is unknown.
        journal_totals: returns what the journal has of the batch.
    """

    def __init__(self, output: str, manifest: Manifest, screen: Screen, *, whole: bool, retries_failed: bool) -> None:
        self._output = output
        self._manifest = manifest
        self._screen = screen
        self._whole = whole
        self._final = FINAL - {"failed"} if retries_failed else FINAL
        self._progress = progress_on(screen, len(manifest), has_results=output == "-")
        self._status = Status.PASSED
        self._errors: Counter[str] = Counter()
        self._first_errors: dict[str, str] = {}
        self._failures: Counter[str] = Counter()
        self._first_failures: dict[str, str] = {}
        self._can_be_tried_again = False
        self._over_budget = self._kept_lines = 0
        self.how_to_go_on = self.how_to_look = self.how_to_resolve = ""
        self.journal_totals: Callable[[], JournalTotals] = JournalTotals

    def hook(self, event: Any) -> None:
        if isinstance(event, EvaluationSubmitted):
            self._progress.submitted()

    def progressed(self, totals: Totals) -> None:
        self._progress.update(totals)

    def evaluate(self, batch: Batch, prepare: Callable[[], None]) -> int:
        """Take all outcomes, and return the exit status.

        Args:
            batch: the batch.
            prepare: called before the first outcome, when the results file no longer has the lines of items that are reopened:
                the other way round, a kill in between would leave a line that nothing replaces.
        """
        with closing(self._results()) as results, batch:
            self._tell_other_lines(results)
            prepare()
            try:
                with self._progress:
                    end = self._take(batch, results)
            except RunflowError as problem:
                end = problem
            except BaseException as problem:
                self._tell_interruption(batch.totals, problem)
                raise
        if end is not None:
            logging.getLogger(__name__).debug("the batch ended with an error", exc_info=end)
            self._screen.fail(explain(end))
            if (
                batch.totals.ended or batch.totals.submitted
            ):  # else it could not begin, and the same command would end the same way
                self._tell_interruption(batch.totals, end)
            return status_of(end)
        self._tell_end(batch.totals)
        return self._status

    def _results(self) -> _Results:
        return _OnScreen(self._screen) if self._output == "-" else ResultsFile(Path(self._output), self._final)

    def _tell_other_lines(self, results: _Results) -> None:
        others = results.count_others(self._manifest.has_item)
        if others:
            self._screen.note(
                f"{printable(self._output)} keeps the lines of {counted(others, 'item')} that {'is' if others == 1 else 'are'} not in "
                f"{printable(self._manifest.name)}; -o names another file"
            )

    def _take(self, batch: Batch, results: _Results) -> RunflowError | None:
        """Write each outcome; return the error that ends the run, None where all items have ended."""
        for outcome in batch:
            if isinstance(outcome.error, BudgetExceededError):
                self._over_budget += 1
                continue
            record = self._record_of(outcome)
            if not results.write(record) and record["outcome"] not in FINAL:
                self._kept_lines += 1
            self._status = max(self._status, OUTCOME_STATUSES.get(record["outcome"], Status.NO_VERDICT))
            if outcome.error is not None and record["outcome"] == "error":
                name = type(outcome.error).__name__
                self._errors[name] += 1
                is_unknown = isinstance(outcome.error, UnknownOutcomeError)
                self._can_be_tried_again |= not (is_unknown or is_of_other_content(outcome.error))
                self._first_errors.setdefault(name, f"{printable(record['item_id'], 80)}: {explain(outcome.error)}")
            if record["outcome"] == "failed":
                code = printable(record["failure_code"] or "no failure_code", 80)
                self._failures[code] += 1
                self._first_failures.setdefault(code, printable(record["item_id"], 80))
            if isinstance(outcome.error, _END_ALL):
                return outcome.error
        return None

    def _record_of(self, outcome: Outcome) -> Record:
        request = outcome.request
        image = printable(request.image) if isinstance(request.image, str) else str(request.image)
        record = record_of(outcome.evaluation, outcome.error, image=image, item_id=request.item_id, whole=self._whole)
        return record | {"client_ref": request.client_ref, "task_type": request.task_type}

    def _tell_interruption(self, totals: Totals, problem: BaseException) -> None:
        is_interrupted = isinstance(problem, KeyboardInterrupt)
        what = "Interrupted" if is_interrupted else "Stopped"
        journal = JournalTotals()
        with suppress(Exception):  # a journal that cannot be read now is no reason to leave out the rest
            journal = self.journal_totals()
            totals = _of_all_runs(totals, journal)
        items = counted(len(self._manifest), "item")
        states = "; ".join([tally(totals), *unfinished(journal.granted, journal.submitted)])
        self._screen.note(f"{what} after {totals.ended:,} of {items}: {states}.")
        # An interrupted submit may have arrived; a refused one, or one that could not be sent, has not.
        has_submitted = is_interrupted or totals.submitted or totals.ended > totals.errors + totals.over_budget
        kept = "What was submitted is kept in the journal and is not billed again. " if has_submitted else ""
        self._screen.note(f"{kept}To go on:")
        self._screen.note(f"  {self.how_to_go_on}")

    def _tell_failures(self) -> None:
        """Name the codes of failed items, and what helps: a file that cannot be read fails each time."""
        for code, count in self._failures.most_common():
            self._screen.note(f"  {count:,} x {code}, first {self._first_failures[code]}")
        if _SAME_EACH_TIME in self._failures:
            self._screen.note(
                f"The same file fails again with {_SAME_EACH_TIME}: correct it, and submit it "
                "under an item_id of its own or in another batch (--batch-id NAME)."
            )
        if self._failures.keys() - {_SAME_EACH_TIME}:
            self._screen.note("--retry-failed submits failed items again, under new keys; they may be charged again.")

    def _tell_rest_of_batch(self, totals: Totals) -> None:
        """Name what the whole batch has cost where that is more than the items of this run: other shards, or other rows."""
        with suppress(Exception):
            journal = self.journal_totals()
            if journal.spent > totals.spent:
                whole = _of_all_runs(Totals(), journal)
                self._screen.note(f"The whole batch, by its journal: {counted(whole.ended, 'item')}: {tally(whole)}.")

    def _tell_end(self, totals: Totals) -> None:
        self._screen.note(f"{counted(totals.ended, 'item')}: {tally(totals)}.")
        self._tell_rest_of_batch(totals)
        self._tell_failures()
        for name, count in self._errors.most_common():
            self._screen.note(f"  {count:,} x {name}, first {self._first_errors[name]}")
        if self._kept_lines:
            self._screen.note(
                f"{printable(self._output)} keeps what it has of {counted(self._kept_lines, 'item')}: this run has no outcome "
                "to replace it with"
            )
        if UnknownOutcomeError.__name__ in self._errors:
            self._screen.note(
                "Find out whether the evaluation of each item with an unknown outcome exists (by its client_ref or run, or in a "
                "callback), say so, and run the batch again:"
            )
            self._screen.note(f"  {self.how_to_resolve} ITEM --evaluation ID|--not-submitted")
        if self._over_budget:
            self._screen.note(
                f"{counted(self._over_budget, 'item')} did not fit into --budget: a larger one goes on with the rest"
            )
            self._status = max(self._status, Status.NO_VERDICT)  # no error: the budget did what it is for
        elif self._can_be_tried_again:
            self._screen.note("The same command tries items with an error again.")
        self._screen.note(f"To look at it: {self.how_to_look}")


def _of_all_runs(totals: Totals, journal: JournalTotals) -> Totals:
    """Return the totals of a run with what the journal has of all runs of the batch."""
    return replace(
        totals,
        passed=journal.passed,
        rejected=journal.rejected,
        undecided=journal.undecided,
        failed=journal.failed,
        spent=journal.spent,
    )
