"""The evaluations of a sandbox: submit, get and feedback, and how an evaluation moves on as time passes."""

import hashlib
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from .contract import Arguments
from .judging import Verdict, judge
from .ledger import Charge, Ledger
from .media import InvalidMediaError, image_type, is_image_source, measure, read_image
from .records import RELATIONS, Record
from .reply import RefusedError, Reply, field_error, json_reply, unprocessable
from .stamps import Stamps

# An evaluation waits for this share of its time before it runs.
_PENDING_SHARE = 0.2
_REMEMBERED_IMAGES = 256
_ECHOED = ("task_description", "generation_prompt", "evaluation_instructions", "run_id", "client_ref", "callback_url")


class Evaluations:
    """What a sandbox knows of evaluations.

    Args:
        seconds: how long the evaluation with this number (from 0) takes.
        prices: credits for each job class that is active.
    """

    def __init__(
        self,
        *,
        seconds: Callable[[int], float],
        prices: Mapping[str, Decimal],
        ledger: Ledger,
        stamps: Stamps,
        org_id: str,
    ) -> None:
        self._seconds = seconds
        self._prices = prices
        self._ledger = ledger
        self._stamps = stamps
        self._org_id = org_id
        self._records: dict[str, Record] = {}
        self._judged: dict[bytes, Verdict | str] = {}

    def __len__(self) -> int:
        """Count the evaluations that were accepted."""
        return len(self._records)

    def submit(self, given: Arguments, now: float) -> Reply:
        """Accept an image: 202 with the pending evaluation."""
        body = given.body
        self._check_documented_forms(body)
        job_class = body.get("job_class", "standard")
        price = self._prices[job_class]
        if not self._ledger.set_aside(price):
            # Evaluations that have failed since give back what was set aside for them.
            self.settle(now)
            if not self._ledger.set_aside(price):
                raise RefusedError(402, "INSUFFICIENT_CREDIT", "The balance does not cover one more evaluation.")
        seconds = self._seconds(len(self._records))
        if not 0 <= seconds < math.inf:
            raise ValueError(f"an evaluation takes a finite number of seconds, not {seconds}")
        record = Record(
            id=self._stamps.new_id(now),
            echo=self._echo(body, job_class, now),
            source=body["generated_image_url"],
            price=price,
            submitted=now,
            starts=now + seconds * _PENDING_SHARE,
            ends=now + seconds,
        )
        self._records[record.id] = record
        # An evaluation that takes no time is pending in this answer all the same.
        document = record.document(-math.inf, self._stamps)
        return json_reply(202, {**document, **record.relations, "run": None, "model": None, "parent_evaluation": None})

    def get(self, given: Arguments, now: float) -> Reply:
        """Show an evaluation with the relations that `embed` names."""
        record = self._find(given.path["id"], now)
        document = record.document(now, self._stamps)
        for name in filter(None, given.query.get("embed", "").split(",")):
            if name not in RELATIONS:
                allowed = f"Input should be some of: {', '.join(RELATIONS)}"
                raise unprocessable([field_error(["query", "embed"], allowed, "enum")])
            document[name] = record.relations[name]
        return json_reply(200, document)

    def set_feedback(self, given: Arguments, now: float) -> Reply:
        """Keep a thumb, or clear it; the last write wins."""
        record = self._find(given.path["evaluation_id"], now)
        record.thumb = given.body["is_positive"]
        record.thumb_reason = given.body.get("reason") if record.thumb is not None else None
        record.thumb_set = now
        document = record.document(now, self._stamps)
        return json_reply(200, {**document, **record.relations, "run": None, "model": None, "parent_evaluation": None})

    def settle(self, now: float) -> None:
        """Judge and charge every evaluation that has ended by this time."""
        for record in self._records.values():
            self._settle(record, now)

    def _find(self, evaluation_id: str, now: float) -> Record:
        record = self._records.get(evaluation_id.lower())
        if record is None:
            raise RefusedError(404, "EVALUATION_NOT_FOUND", "There is no such evaluation.")
        self._settle(record, now)
        return record

    def _settle(self, record: Record, now: float) -> None:
        if record.ending or now < record.ends:
            return
        verdict = self._judge(record.source or "")
        if isinstance(verdict, str):
            record.fail(verdict)
            self._ledger.release(record.price)
        else:
            record.complete(verdict, self._stamps)
            self._ledger.charge(Charge(record.id, record.echo["job_class_code"], record.price))

    def _judge(self, source: str) -> Verdict | str:
        """Judge an image, or say why it cannot be judged; the same image is measured once."""
        digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).digest()
        if digest not in self._judged:
            if len(self._judged) >= _REMEMBERED_IMAGES:
                self._judged.clear()
            try:
                self._judged[digest] = judge(measure(read_image(source)))
            except InvalidMediaError as reason:
                self._judged[digest] = str(reason)
        return self._judged[digest]

    def _check_documented_forms(self, body: Mapping[str, Any]) -> None:
        """Refuse what the pages say in words only; that it is refused at submit, and not later, is inferred."""
        errors = []
        forms = "Image should be an https:// URL, a runflow://assets/{uuid} reference or a data:image/... URI"
        if not is_image_source(body["generated_image_url"]):
            errors.append(field_error(["body", "generated_image_url"], forms, "image_source"))
        for position, reference in enumerate(body.get("reference_images") or ()):
            if not is_image_source(reference.get("url", "")):
                errors.append(field_error(["body", "reference_images", position, "url"], forms, "image_source"))
        callback = body.get("callback_url")
        if callback is not None and not callback.lower().startswith("https://"):
            errors.append(field_error(["body", "callback_url"], "Callbacks need an https:// URL", "url_scheme"))
        if body.get("job_class", "standard") not in self._prices:
            active = f"Active job classes: {', '.join(self._prices)}"
            errors.append(field_error(["body", "job_class"], active, "enum"))
        if errors:
            raise unprocessable(errors)

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
        """Give back what is a URL already; an image in the request becomes an asset, as the server makes it one."""
        suffix = image_type(source)
        return f"https://assets.sandbox.invalid/{self._stamps.new_id(now)}.{suffix}" if suffix else source
