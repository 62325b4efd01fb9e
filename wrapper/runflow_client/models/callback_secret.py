"""The secret that callbacks are signed with."""

from __future__ import annotations

from typing import Any

from runflow_api.models.callback_secret import CallbackSecret as _GeneratedCallbackSecret


class CallbackSecret(_GeneratedCallbackSecret):
    """A callback secret; only the response that creates it holds `plain_secret`, so store that at once.

    Its repr does not show the secret, and a pickle does not hold it.

    Example:
        >>> import pickle
        >>> from runflow_client.models.callback_secret import CallbackSecret
        >>> secret = CallbackSecret(id="s", plain_secret="whsec_shown_once")
        >>> "whsec" in repr(secret), pickle.loads(pickle.dumps(secret)).plain_secret
        (False, None)
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return CallbackSecret.from_dict, ({**self.to_dict(), "plain_secret": None},)

    def __deepcopy__(self, memo: dict[int, Any]) -> CallbackSecret:
        return CallbackSecret.from_dict(self.to_dict())

    def __copy__(self) -> CallbackSecret:
        return CallbackSecret.from_dict(self.to_dict())
