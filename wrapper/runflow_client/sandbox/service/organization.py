"""One organization: all that its keys can reach."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

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
        secrets = CallbackSecrets(ids=ids, org_id=self.id)
        assets = Assets(storage=storage, ids=ids, org_id=self.id, user=user)
        seconds = settings.evaluation_seconds
        self.evaluations = Evaluations(
            seconds=seconds if callable(seconds) else lambda _: seconds,
            prices=settings.prices,
            judge=ImageJudge(assets.content, settings.images),
            outcomes=outcomes,
            ledger=self.ledger,
            secrets=secrets,
            outbox=outbox,
            ids=ids,
            org_id=self.id,
        )
        self.account = Account(ledger=self.ledger, ids=ids, org_id=self.id, name=name, user=user)
        self.handlers: Mapping[str, Handler] = {
            **self.evaluations.handlers,
            **assets.handlers,
            **secrets.handlers,
            **self.account.handlers,
        }
