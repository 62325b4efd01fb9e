"""One organization: all that its keys can reach."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from .._replies import Reply
from ..outcomes import Outcomes
from .access.rate_limit import RequestCounter
from .account import USER, Account
from .assets.assets import Assets
from .assets.storage import Storage
from .callbacks.callback_secrets import CallbackSecrets
from .callbacks.outbox import Outbox
from .contract.contract import Handler
from .evaluations.evaluations import Evaluations
from .evaluations.image_judge import ImageJudge
from .evaluations.ledger import Ledger
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
        self.id = ids.new_id(0)
        self.ledger = Ledger(settings.balance)
        self.counter = RequestCounter(ids)
        self.first_replies: dict[str, tuple[bytes, Reply]] = {}
        user = {"id": ids.new_id(0), **USER}
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
