"""The evaluation operations, and the end of each evaluation when its time has passed."""

import heapq
import math
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from ..._replies import RefusedError, Reply, json_reply, list_reply
from ...judges.judging import Failure, Judgement
from ...judges.scripted import scripted_result, unfetched_result
from ...judges.sources import image_type
from ...outcomes import Outcome, Outcomes, Submission, checked_outcome
from ..assets.spool import Spool
from ..callbacks.callback_secrets import CallbackSecrets
from ..callbacks.outbox import Delivery, Ended, Outbox
from ..contract.contract import Arguments, Handler
from ..contract.embeds import embedded
from ..ids import IdFactory
from .image_judge import ImageJudge
from .ledger import Charge, Ledger
from .records import RELATIONS, Record
from .submit_rules import check_submit_rules

# An evaluation is pending for this share of its time, then running.
_PENDING_SHARE = 0.2
_STATUSES = {
    "pending": "Waiting to be picked up.",
    "running": "Being judged.",
    "completed": "Judged.",
    "failed": "Ended without a judgement.",
}
# The thumbnails of so many evaluations are kept.
_SHOWN = 50
_SUMMARY = (
    "id",
    "task_type",
    "client_ref",
    "source_code",
    "status_code",
    "failure_code",
    "overall_passed",
    "weighted_pass_rate",
    "top_issues",
    "cost",
    "created_at",
    "completed_at",
    "attempt_number",
    "feedback_is_positive",
)
_ECHOED = ("task_description", "generation_prompt", "evaluation_instructions", "run_id", "client_ref", "callback_url")


class Evaluations:
    """The evaluations of the service.

    Args:
        seconds: returns how long the evaluation with this number (from 0) takes.
        prices: credits for each active job class.
        judge: judges the images of evaluations whose outcome is not set.
        outcomes: the outcomes that a test has set.
        secrets: sign the callbacks.
        outbox: receives a callback for each evaluation that asks for one.
    """

    persistent = ("_records", "_accepted", "_unended", "_ended")

    def __init__(
        self,
        *,
        seconds: Callable[[int], float],
        prices: Mapping[str, Decimal],
        judge: ImageJudge,
        outcomes: Outcomes,
        ledger: Ledger,
        secrets: CallbackSecrets,
        outbox: Outbox,
        ids: IdFactory,
        org_id: str,
    ) -> None:
        self._seconds = seconds
        self._prices = prices
        self._judge = judge
        self._outcomes = outcomes
        self._ledger = ledger
        self._secrets = secrets
        self._outbox = outbox
        self._ids = ids
        self._org_id = org_id
        self._records: dict[str, Record] = {}
        self._accepted = 0
        self._ended: deque[Record] = deque()
        # Those that have not ended, by the time of their end and then by their number.
        self._unended: list[tuple[float, int, Record]] = []

    @property
    def accepted(self) -> int:
        """How many submissions were accepted."""
        return self._accepted

    @property
    def records(self) -> tuple[Record, ...]:
        """The evaluations that were accepted, in their order."""
        return tuple(self._records.values())

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The handler of each operation."""
        return {
            "submit_evaluation": self.submit,
            "get_evaluation": self.get,
            "set_evaluation_feedback": self.set_feedback,
            "list_run_evaluations": self.list_of_run,
            "set_run_evaluation_feedback": self.set_feedback,
            "list_evaluation_statuses": self.list_statuses,
            "list_evaluation_job_classes": self.list_job_classes,
        }

    def submit(self, arguments: Arguments, now: float) -> Reply:
        """Accept an image: 202 with the pending evaluation."""
        body = arguments.body
        check_submit_rules(body, self._prices)
        job_class = body.get("job_class", "standard")
        price = self._prices[job_class]
        if not self._ledger.reserve(price):
            raise RefusedError(402, "INSUFFICIENT_CREDIT", "The balance does not cover one more evaluation.")
        number, source = self._accepted, body["generated_image_url"]
        seconds = self._duration(number)
        submission = Submission(
            number, body["task_type"], body.get("client_ref"), body.get("run_id"), job_class, source
        )
        record = Record(
            id=self._ids.new_id(now),
            echo=self._echo(body, job_class, now),
            source=self._judge.hold(source),
            outcome=self._outcomes.take(submission),
            price=price,
            submitted=now,
            starts=now + seconds * _PENDING_SHARE,
            ends=now + seconds,
        )
        self._accepted += 1
        self._add(record)
        # Even an evaluation that takes no time is pending in this reply.
        document = record.document(-math.inf, self._ids)
        return json_reply(202, {**document, **record.relations, "run": None, "model": None, "parent_evaluation": None})

    def get(self, arguments: Arguments, now: float) -> Reply:
        """Reply with an evaluation and the relations that `embed` names."""
        record = self._find(arguments.path["id"], now)
        relations = embedded(arguments, {name: record.relations[name] for name in RELATIONS})
        return json_reply(200, {**record.document(now, self._ids), **relations})

    def set_feedback(self, arguments: Arguments, now: float) -> Reply:
        """Set or clear the feedback; the last write wins. Under a run, only its own evaluations are found."""
        record = self._find(arguments.path["evaluation_id"], now)
        if "run_id" in arguments.path and not _is_of_run(record, arguments.path["run_id"]):
            raise _not_found()
        record.feedback = arguments.body["is_positive"]
        record.feedback_reason = arguments.body.get("reason") if record.feedback is not None else None
        record.feedback_changed = now
        document = record.document(now, self._ids)
        return json_reply(200, {**document, **record.relations, "run": None, "model": None, "parent_evaluation": None})

    def list_of_run(self, arguments: Arguments, now: float) -> Reply:
        """List the evaluations of a run, newest first; the sandbox accepts the id of any run."""
        run_id = arguments.path["run_id"]
        records = [
            record for record in self._records.values() if _is_of_run(record, run_id) and record.submitted <= now
        ]
        records.sort(key=lambda record: record.submitted)
        return list_reply([record.document(now, self._ids) for record in reversed(records)])

    def add_platform(self, run_id: str, outcome: Outcome | None, image: str, task_type: str, at: float) -> str:
        """Add an evaluation of a run's output, as the platform makes them; it exists from this time on and costs nothing."""
        body = {"run_id": run_id, "generated_image_url": image, "task_type": task_type}
        record = self._platform_record(self._echo(body, "standard", at), image, outcome, at)
        self._add(record)
        return record.id

    def reevaluate(self, evaluation_id: str, outcome: Outcome | None, now: float) -> str | None:
        """Add a further attempt of an evaluation that has ended; None where there is none.

        Without an outcome its result is that of the earlier attempt, because the image is the same. It costs nothing,
        and supersedes the earlier one at once (all inferred).
        """
        parent = self._records.get(evaluation_id.lower())
        if parent is None or not parent.ending or parent.superseded is not None:
            return None
        record = self._platform_record(parent.echo, parent.source or "", outcome, now)
        record.parent, record.attempt = parent.id, parent.attempt + 1
        record.result = parent.result if outcome is None else None
        parent.superseded = now
        self._add(record)
        return record.id

    def list_statuses(self, arguments: Arguments, now: float) -> Reply:
        """List the statuses that an evaluation may have."""
        rows = _STATUSES.items()
        return list_reply([{"code": code, "name": code.capitalize(), "description": text} for code, text in rows])

    def list_job_classes(self, arguments: Arguments, now: float) -> Reply:
        """List the active job classes with the sandbox's prices."""
        text = "Judged by the measurements of the sandbox."
        return list_reply(
            [
                {"code": code, "name": code.capitalize(), "description": text, "price": f"{price:f}", "is_active": True}
                for code, price in self._prices.items()
            ]
        )

    def recent(self, count: int, now: float) -> list[dict[str, Any]]:
        """Describe the newest evaluations for the page of the server; one that is not listed yet is left out."""
        newest = islice(reversed(self._records.values()), count)
        rows = []
        for record in newest:
            if record.submitted <= now:
                document = record.document(now, self._ids)
                row = {name: document[name] for name in _SUMMARY}
                reason = document["check_summary"].get("reason")
                rows.append({**row, "reason": reason, "thumbnail": record.thumbnail is not None})
        return rows

    def thumbnail(self, evaluation_id: str) -> bytes | None:
        """Return a small JPEG of an evaluation's image; None where there is none."""
        record = self._records.get(evaluation_id)
        return None if record is None else record.thumbnail

    @property
    def next_end(self) -> float | None:
        """The time at which the next evaluation is due to end; None where none is running."""
        return self._unended[0][0] if self._unended else None

    def take_due(self, now: float) -> Record | None:
        """Remove and return the evaluation that has been due for longest; None where none is due."""
        if not self._unended or self._unended[0][0] > now:
            return None
        return heapq.heappop(self._unended)[2]

    def judge(self, record: Record) -> Judgement | Failure:
        """Return the set outcome of an evaluation, else judge its image; this changes nothing and needs no lock."""
        if record.result is not None:
            return record.result
        if record.outcome is not None:
            return scripted_result(record.outcome)
        references = [reference["url"] for reference in record.echo["reference_images"] or ()]
        judged = self._judge.judge(record.source or "", references)
        return unfetched_result(self._outcomes.default) if judged is None else judged

    def end(self, record: Record, result: Judgement | Failure) -> None:
        """End an evaluation with the result of its judges: charge it if it completed, and plan its callback."""
        record.end(result, self._ids)
        self._ended.append(record)
        if len(self._ended) > _SHOWN:
            self._ended.popleft().thumbnail = None
        if record.price is not None:
            if isinstance(result, Failure):
                self._ledger.release(record.price)
            else:
                self._ledger.charge(Charge(record.id, record.echo["job_class_code"], record.price), record.ends)
        if record.echo["callback_url"] is not None:
            self._outbox.schedule(record.ends, Ended(self._org_id, record.id))

    def _find(self, evaluation_id: str, now: float) -> Record:
        record = self._records.get(evaluation_id.lower())
        if record is None or record.submitted > now:
            raise _not_found()
        return record

    def _add(self, record: Record) -> None:
        self._records[record.id] = record
        heapq.heappush(self._unended, (record.ends, len(self._records), record))

    def _platform_record(self, echo: dict[str, Any], source: str | Spool, outcome: Outcome | None, at: float) -> Record:
        seconds = self._duration(self._accepted)
        return Record(
            id=self._ids.new_id(at),
            echo=echo,
            source=source,
            outcome=checked_outcome(outcome),
            price=None,
            submitted=at,
            starts=at + seconds * _PENDING_SHARE,
            ends=at + seconds,
            source_code="platform",
        )

    def _duration(self, number: int) -> float:
        seconds = self._seconds(number)
        if not 0 <= seconds < math.inf:
            raise ValueError(f"the seconds of an evaluation must be finite and not negative, not {seconds}")
        return seconds

    def callback(self, evaluation_id: str, now: float) -> Delivery:
        """Make the callback of an evaluation that has ended; its fields are inferred."""
        record = self._records[evaluation_id]
        document = record.document(now, self._ids)
        status = document["status_code"]
        names = ("overall_passed", "weighted_pass_rate", "client_ref", "created_at", "completed_at")
        payload = {"event": f"evaluation.{status}", "evaluation_id": record.id, "status": status}
        payload |= {name: document[name] for name in names}
        return self._outbox.create_delivery(record.id, record.echo["callback_url"], payload, self._secrets, now)

    def _echo(self, body: Mapping[str, Any], job_class: str, now: float) -> dict[str, Any]:
        references = body.get("reference_images")
        return {
            "org_id": self._org_id,
            "task_type": body["task_type"],
            **{name: body.get(name) for name in _ECHOED},
            "generated_image_url": self._hosted(body["generated_image_url"], now),
            "input_attributes": body.get("input_attributes", {}),
            "reference_images": references
            and [{**image, "url": self._hosted(image["url"], now)} for image in references],
            "job_class_code": job_class,
        }

    def _hosted(self, source: str, now: float) -> str:
        """Return a URL unchanged; an image in the request becomes a hosted asset, as the service makes it one."""
        suffix = image_type(source)
        return f"https://assets.sandbox.invalid/{self._ids.new_id(now)}.{suffix}" if suffix else source


def _is_of_run(record: Record, run_id: str) -> bool:
    return (record.echo["run_id"] or "").lower() == run_id.lower()


def _not_found() -> RefusedError:
    return RefusedError(404, "EVALUATION_NOT_FOUND", "There is no such evaluation.")
