"""The evaluation operations, and the end of each evaluation when its time has come."""

import hashlib
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from ..._replies import RefusedError, Reply, json_reply, list_reply
from ...judges.judging import Judgement, judge
from ...judges.media import InvalidMediaError, image_type, measure, read_image, referred_asset
from ..assets.spool import Spool
from ..contract.contract import Arguments, Handler
from ..contract.embeds import embedded
from ..ids import IdFactory
from ..outbox import Delivery, Outbox
from .ledger import Charge, Ledger
from .records import RELATIONS, Record
from .submit_rules import check_submit_rules

# An evaluation waits for this share of its time before it runs.
_PENDING_SHARE = 0.2
_REMEMBERED_IMAGES = 256
_STATUSES = {
    "pending": "Waiting to be picked up.",
    "running": "Being judged.",
    "completed": "Judged.",
    "failed": "Ended without a verdict.",
}
_ECHOED = ("task_description", "generation_prompt", "evaluation_instructions", "run_id", "client_ref", "callback_url")


class Evaluations:
    """The evaluations.

    Args:
        seconds: returns how long the evaluation with this number (from 0) takes.
        prices: credits for each active job class.
        find_asset: returns the bytes of an asset; None where there is no such asset.
        outbox: receives a callback for each evaluation that asks for one.
    """

    def __init__(
        self,
        *,
        seconds: Callable[[int], float],
        prices: Mapping[str, Decimal],
        find_asset: Callable[[str], Spool | None],
        ledger: Ledger,
        outbox: Outbox,
        ids: IdFactory,
        org_id: str,
    ) -> None:
        self._seconds = seconds
        self._prices = prices
        self._find_asset = find_asset
        self._ledger = ledger
        self._outbox = outbox
        self._ids = ids
        self._org_id = org_id
        self._records: dict[str, Record] = {}
        self._judged: dict[bytes, Judgement | str] = {}

    def __len__(self) -> int:
        """Count the evaluations that were accepted."""
        return len(self._records)

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
            # Evaluations that have failed meanwhile release their reserved price.
            self.settle(now)
            if not self._ledger.reserve(price):
                raise RefusedError(402, "INSUFFICIENT_CREDIT", "The balance does not cover one more evaluation.")
        seconds = self._seconds(len(self._records))
        if not 0 <= seconds < math.inf:
            raise ValueError(f"the seconds of an evaluation must be finite and not negative, not {seconds}")
        record = Record(
            id=self._ids.new_id(now),
            echo=self._echo(body, job_class, now),
            source=body["generated_image_url"],
            price=price,
            submitted=now,
            starts=now + seconds * _PENDING_SHARE,
            ends=now + seconds,
        )
        self._records[record.id] = record
        if body.get("callback_url") is not None:
            self._outbox.schedule(record.ends, lambda at: self._callback(record, at))
        # An evaluation that takes no time is pending in this reply too.
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
        self.settle(now)
        records = [record for record in self._records.values() if _is_of_run(record, arguments.path["run_id"])]
        return list_reply([record.document(now, self._ids) for record in reversed(records)])

    def list_statuses(self, arguments: Arguments, now: float) -> Reply:
        """List the statuses that an evaluation may have."""
        rows = _STATUSES.items()
        return list_reply([{"code": code, "name": code.capitalize(), "description": text} for code, text in rows])

    def list_job_classes(self, arguments: Arguments, now: float) -> Reply:
        """List the active job classes with the sandbox's prices."""
        text = "Judged by what the sandbox can measure."
        return list_reply(
            [
                {"code": code, "name": code.capitalize(), "description": text, "price": f"{price:f}", "is_active": True}
                for code, price in self._prices.items()
            ]
        )

    def settle(self, now: float) -> None:
        """Judge and charge every evaluation that has ended by this time."""
        for record in self._records.values():
            self._settle(record, now)

    def _find(self, evaluation_id: str, now: float) -> Record:
        record = self._records.get(evaluation_id.lower())
        if record is None:
            raise _not_found()
        self._settle(record, now)
        return record

    def _settle(self, record: Record, now: float) -> None:
        if record.ending or now < record.ends:
            return
        judgement = self._judge(record)
        if isinstance(judgement, str):
            record.fail(judgement)
            self._ledger.release(record.price)
        else:
            record.complete(judgement, self._ids)
            self._ledger.charge(Charge(record.id, record.echo["job_class_code"], record.price), record.ends)

    def _callback(self, record: Record, now: float) -> Delivery:
        """Make the callback of an evaluation that has ended; its fields are inferred."""
        self._settle(record, now)
        document = record.document(now, self._ids)
        status = document["status_code"]
        names = ("overall_passed", "weighted_pass_rate", "client_ref", "created_at", "completed_at")
        payload = {"event": f"evaluation.{status}", "evaluation_id": record.id, "status": status}
        payload |= {name: document[name] for name in names}
        return self._outbox.create_delivery(record.id, record.echo["callback_url"], payload, now)

    def _judge(self, record: Record) -> Judgement | str:
        """Judge an image, or return the reason why it cannot be judged; the same image is measured once."""
        try:
            for reference in record.echo["reference_images"] or ():
                self._uploaded(reference["url"])
            source = record.source or ""
            uploaded = self._uploaded(source)
        except InvalidMediaError as reason:
            return str(reason)
        digest = hashlib.sha256(source.encode("utf-8", "surrogatepass") if uploaded is None else uploaded).digest()
        if digest not in self._judged:
            if len(self._judged) >= _REMEMBERED_IMAGES:
                self._judged.clear()
            try:
                self._judged[digest] = judge(measure(read_image(source) if uploaded is None else uploaded))
            except InvalidMediaError as reason:
                self._judged[digest] = str(reason)
        return self._judged[digest]

    def _uploaded(self, source: str) -> bytes | None:
        """Return the bytes of a referenced asset; None for the other forms of an image."""
        asset_id = referred_asset(source)
        if asset_id is None:
            return None
        content = self._find_asset(asset_id)
        if content is None:
            raise InvalidMediaError("The sandbox has no asset with this reference.")
        return content.read()

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
