"""The organizations, and all that the keys of one can reach."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from .._replies import Reply
from ..outcomes import Outcome, Outcomes
from .access.rate_limit import RequestCounter
from .account import USER, Account
from .assets.assets import Assets
from .assets.storage import Storage
from .callbacks.callback_secrets import CallbackSecrets
from .callbacks.outbox import Delivery, Ended, Outbox
from .contract.contract import Handler
from .evaluations.evaluations import Evaluations
from .evaluations.image_judge import ImageJudge
from .evaluations.ledger import Ledger
from .evaluations.records import Record
from .ids import IdFactory


@dataclass(frozen=True, slots=True)
class Settings:
    """What every organization of a sandbox has in common; the arguments of `Sandbox` of the same name."""

    evaluation_seconds: float | Callable[[int], float]
    balance: Decimal
    prices: Mapping[str, Decimal]
    images: Mapping[str, bytes | Path] | Path


class Organization:
    """The state of one organization and the handlers of its requests.

    Attributes:
        first_replies: the digest of the first request under each idempotency key, and its reply.
    """

    def __init__(
        self, name: str, settings: Settings, *, outcomes: Outcomes, storage: Storage, outbox: Outbox, ids: IdFactory
    ) -> None:
        self.id = ids.fixed_id(f"organization {name}")
        self.ledger = Ledger(settings.balance)
        self.counter = RequestCounter(ids)
        self.first_replies: dict[str, tuple[bytes, Reply]] = {}
        user = {"id": ids.fixed_id(f"user {name}"), **USER}
        self.secrets = CallbackSecrets(ids=ids, org_id=self.id)
        self.assets = Assets(storage=storage, ids=ids, org_id=self.id, user=user)
        seconds = settings.evaluation_seconds
        self.evaluations = Evaluations(
            seconds=seconds if callable(seconds) else lambda _: seconds,
            prices=settings.prices,
            judge=ImageJudge(self.assets.content, settings.images),
            outcomes=outcomes,
            ledger=self.ledger,
            secrets=self.secrets,
            outbox=outbox,
            ids=ids,
            org_id=self.id,
        )
        self.account = Account(ledger=self.ledger, ids=ids, org_id=self.id, name=name, user=user)
        self.handlers: Mapping[str, Handler] = {
            **self.evaluations.handlers,
            **self.assets.handlers,
            **self.secrets.handlers,
            **self.account.handlers,
        }

    @property
    def _parts(self) -> "tuple[_Stateful, ...]":
        return self.ledger, self.secrets, self.assets, self.evaluations

    def snapshot(self) -> dict[str, Any]:
        """Return what requests have changed."""
        states = [state_of(part) for part in self._parts]
        return {"id": self.id, "first_replies": self.first_replies, "parts": states}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take over what `snapshot` returned."""
        self.first_replies = snapshot["first_replies"]
        for part, state in zip(self._parts, snapshot["parts"], strict=True):
            restore(part, state)


class Organizations:
    """The organizations of the service, in the order in which their keys appeared.

    Args:
        create: makes the organization of a name.
    """

    def __init__(self, create: Callable[[str], Organization]) -> None:
        self._create = create
        self._by_name: dict[str, Organization] = {}

    def add(self, name: str) -> None:
        """Add the organization of this name, unless there is one."""
        if name not in self._by_name:
            self._by_name[name] = self._create(name)

    def __getitem__(self, name: str) -> Organization:
        return self._by_name[name]

    def __iter__(self) -> Iterator[Organization]:
        return iter(self._by_name.values())

    @property
    def next_end(self) -> float | None:
        """The time at which the next evaluation is due to end; None where none is running."""
        ends = [organization.evaluations.next_end for organization in self]
        return min((end for end in ends if end is not None), default=None)

    def take_due(self, now: float) -> tuple[Evaluations, Record] | None:
        """Remove and return an evaluation that is due; None where none is due."""
        for organization in self:
            record = organization.evaluations.take_due(now)
            if record is not None:
                return organization.evaluations, record
        return None

    def first_attempt(self, ended: Ended, now: float) -> Delivery:
        """Make the callback of an evaluation that has ended."""
        owner = next(organization for organization in self if organization.id == ended.org_id)
        return owner.evaluations.callback(ended.evaluation_id, now)

    def recent_evaluations(self, count: int, now: float) -> list[dict[str, Any]]:
        """Describe the newest evaluations for the page of the server, the newest first."""
        rows = [
            {**row, "organization": name}
            for name, owner in self._by_name.items()
            for row in owner.evaluations.recent(count, now)
        ]
        return sorted(rows, key=lambda row: str(row["created_at"]), reverse=True)[:count]

    def thumbnail(self, evaluation_id: str) -> bytes | None:
        """Return a small JPEG of an evaluation's image; None where there is none."""
        return next(filter(None, (owner.evaluations.thumbnail(evaluation_id) for owner in self)), None)

    def reevaluate(self, evaluation_id: str, outcome: Outcome | None, now: float) -> str:
        """Add a further attempt of an evaluation that has ended, and return its id.

        Raises:
            ValueError: there is no such evaluation, it has not ended, or it was superseded before.
        """
        for organization in self:
            again = organization.evaluations.reevaluate(evaluation_id, outcome, now)
            if again is not None:
                return again
        raise ValueError("there is no such evaluation, it has not ended, or it was superseded")

    def snapshot(self) -> dict[str, Any]:
        """Return what requests have changed, by name."""
        return {name: owner.snapshot() for name, owner in self._by_name.items()}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take over what `snapshot` returned.

        Raises:
            ValueError: an organization of the snapshot is not here.
        """
        ids = {name: owner.id for name, owner in self._by_name.items()}
        if any(ids.get(name) != saved["id"] for name, saved in snapshot.items()):
            raise ValueError("the state is that of a sandbox with another seed or other organizations")
        for name, saved in snapshot.items():
            self._by_name[name].restore(saved)


class _Stateful(Protocol):
    """An object whose state is in the attributes that `persistent` names."""

    @property
    def persistent(self) -> tuple[str, ...]: ...


def state_of(part: _Stateful) -> dict[str, Any]:
    """Return the state of an object."""
    return {name: getattr(part, name) for name in part.persistent}


def restore(part: _Stateful, state: Mapping[str, Any]) -> None:
    """Give an object the state of another one."""
    for name in part.persistent:
        setattr(part, name, state[name])
