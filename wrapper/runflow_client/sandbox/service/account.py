"""The account operations: the owner of the key, the balance, and the health of the service."""

import re
from collections.abc import Mapping
from typing import Any

from .._replies import Reply, json_reply
from .contract.contract import Arguments, Handler
from .contract.embeds import embedded
from .evaluations.ledger import Ledger
from .ids import IdFactory

USER = {
    "email": "sandbox@example.com",
    "first_name": "Sandbox",
    "last_name": "User",
    "avatar_url": None,
    "timezone": "UTC",
    "locale_code": "en",
}
_LOW_BALANCE = "1.00"


class Account:
    """The account behind the keys of the organization `name`, of the user `user`."""

    def __init__(self, *, ledger: Ledger, ids: IdFactory, org_id: str, name: str, user: Mapping[str, Any]) -> None:
        self._ledger = ledger
        self._ids = ids
        self._org_id = org_id
        slug = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
        self._organization = {"id": org_id, "name": name, "slug": slug, "plan_code": "sandbox"}
        self._user = user
        self._balance_id = ids.fixed_id(f"balance {name}")

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The handler of each operation."""
        return {"get_account": self.get, "get_balance": self.get_balance, "get_health": self.get_health}

    def get(self, arguments: Arguments, now: float) -> Reply:
        """Reply with the owner of the key and the relations that `embed` names."""
        relations = {
            "memberships": [{"org": self._organization, "role_code": "owner", "scopes": list(arguments.scopes)}],
            "organizations": [self._organization],
            "pending_invitations": [],
        }
        user = {**self._user, "email_verified_at": self._ids.timestamp(0)}
        return json_reply(200, {**user, **embedded(arguments, relations)})

    def get_balance(self, arguments: Arguments, now: float) -> Reply:
        """Reply with the balance; evaluations that have ended are charged."""
        return json_reply(
            200,
            {
                "id": self._balance_id,
                "org_id": self._org_id,
                "balance": f"{self._ledger.balance:f}",
                "low_balance_threshold": _LOW_BALANCE,
                "low_balance_notified_at": None,
                "created_at": self._ids.timestamp(0),
                "updated_at": self._ids.timestamp(self._ledger.changed),
            },
        )

    def get_health(self, arguments: Arguments, now: float) -> Reply:
        """Reply that the service is up."""
        return json_reply(200, {"status": "ok"})
