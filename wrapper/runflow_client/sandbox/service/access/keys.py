"""The API keys: whether a request's key is accepted, for which organization, and for which operations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..._replies import RefusedError

# The scope that an operation needs, as the contract names it; operations that are not listed need none.
OPERATION_SCOPES: Mapping[str, str] = {
    "submit_evaluation": "evaluations:create",
    "get_evaluation": "evaluations:read",
    "set_evaluation_feedback": "evaluations:edit",
    "set_run_evaluation_feedback": "evaluations:edit",
    "create_asset_upload": "assets:create",
    "confirm_asset_upload": "assets:create",
    "get_asset": "assets:read",
    "get_balance": "credit_balance:read",
}
ALL_SCOPES = tuple(dict.fromkeys(OPERATION_SCOPES.values()))
ORGANIZATION = "Sandbox"


@dataclass(frozen=True, slots=True)
class Key:
    """An API key that the sandbox accepts.

    Args:
        text: the key itself.
        scopes: such as `evaluations:read`; a request that needs another scope is refused with 403.
        organization: the name of its organization; what one organization has made does not exist (404) for another.

    Example:
        >>> from runflow_client.sandbox import Key, Sandbox
        >>> sandbox = Sandbox(keys=["rf_service", Key("rf_dashboard", scopes=["evaluations:read"])])
        >>> sandbox.keys
        ('rf_service', 'rf_dashboard')
    """

    text: str = field(repr=False)
    scopes: Iterable[str] = ALL_SCOPES
    organization: str = ORGANIZATION

    def __post_init__(self) -> None:
        scopes = tuple(self.scopes)
        unknown = [scope for scope in scopes if scope not in ALL_SCOPES]
        if isinstance(self.scopes, str) or unknown:
            raise ValueError(f"scopes are some of {', '.join(ALL_SCOPES)}, not {unknown or self.scopes!r}")
        object.__setattr__(self, "scopes", scopes)

    def check_scope(self, operation_id: str) -> None:
        """Refuse an operation that needs a scope which this key lacks.

        Raises:
            RefusedError: 403.
        """
        scope = OPERATION_SCOPES.get(operation_id)
        if scope is not None and scope not in self.scopes:
            raise RefusedError(403, "PERMISSION_DENIED", f"The API key lacks the scope {scope}.")


def as_keys(keys: Iterable[str | Key]) -> tuple[Key, ...]:
    """Return keys as objects; a text is a key with every scope."""
    return tuple(Key(key) if isinstance(key, str) else key for key in keys)


def find_key(keys: Iterable[Key], authorization: str) -> Key:
    """Return the key of an `Authorization` header.

    Raises:
        RefusedError: 401, the header holds none of these keys.
    """
    scheme, _, text = authorization.partition(" ")
    for key in keys if scheme.lower() == "bearer" else ():
        if key.text == text.strip():
            return key
    raise RefusedError(
        401, "UNAUTHORIZED", "The API key is missing or not valid.", headers=[("www-authenticate", "Bearer")]
    )
