"""The secrets that sign callbacks: one of them is current, and each is shown only once."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..._replies import RefusedError, Reply, field_error, json_reply, unprocessable
from ..contract.contract import Arguments, Handler
from ..ids import IdFactory

_PREFIX_LENGTH = 10


@dataclass(slots=True)
class _Secret:
    id: str
    plain: str = field(repr=False)
    label: str | None
    created: float
    updated: float
    used: float | None = None


class CallbackSecrets:
    """The callback secrets.

    The first secret becomes the current one. When the current one is deleted, the newest of the others becomes current
    (both inferred).
    """

    persistent = ("_secrets", "_current")

    def __init__(self, *, ids: IdFactory, org_id: str) -> None:
        self._ids = ids
        self._org_id = org_id
        self._secrets: dict[str, _Secret] = {}
        self._current: _Secret | None = None

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The handler of each operation."""
        return {
            "create_callback_secret": self.create,
            "get_callback_secret": self.get,
            "update_callback_secret": self.update,
            "delete_callback_secret": self.delete,
        }

    def create(self, arguments: Arguments, now: float) -> Reply:
        """Make a secret: 201, the only reply that shows it."""
        secret = _Secret(
            self._ids.new_id(now), f"whsec_{self._ids.new_secret()}", arguments.body.get("label"), now, now
        )
        self._secrets[secret.id] = secret
        self._current = self._current or secret
        return json_reply(201, {"plain_secret": secret.plain, **self._document(secret)})

    def get(self, arguments: Arguments, now: float) -> Reply:
        """Reply with a secret's label and state."""
        return json_reply(200, self._document(self._find(arguments)))

    def update(self, arguments: Arguments, now: float) -> Reply:
        """Change a secret's label, or make it current; it stays current until another one is made current (inferred)."""
        secret, body = self._find(arguments), arguments.body
        if body.get("is_current") is False and secret is self._current:
            message = "There is always a current secret: make another one current instead"
            raise unprocessable([field_error(["body", "is_current"], message, "current_secret")])
        if body.get("is_current"):
            self._current = secret
        secret.label = body.get("label", secret.label)
        secret.updated = now
        return json_reply(200, self._document(secret))

    def delete(self, arguments: Arguments, now: float) -> Reply:
        """Remove a secret: 204."""
        secret = self._find(arguments)
        del self._secrets[secret.id]
        if secret is self._current:
            self._current = next(reversed(self._secrets.values()), None)
        return Reply(204, (), b"")

    def sign(self, body: bytes, now: float) -> str | None:
        """Return the signature of a callback's body under the current secret; None where there is no secret."""
        if self._current is None:
            return None
        self._current.used = now
        return hmac.new(self._current.plain.encode(), body, hashlib.sha256).hexdigest()

    def _find(self, arguments: Arguments) -> _Secret:
        secret = self._secrets.get(arguments.path["id"].lower())
        if secret is None:
            raise RefusedError(404, "CALLBACK_SECRET_NOT_FOUND", "There is no such callback secret.")
        return secret

    def _document(self, secret: _Secret) -> dict[str, Any]:
        return {
            "id": secret.id,
            "org_id": self._org_id,
            "key_prefix": secret.plain[:_PREFIX_LENGTH],
            "is_current": secret is self._current,
            "label": secret.label,
            "disabled_at": None,
            "last_used_at": None if secret.used is None else self._ids.timestamp(secret.used),
            "created_at": self._ids.timestamp(secret.created),
            "updated_at": self._ids.timestamp(secret.updated),
        }
