"""An uploaded file as people use it."""

from __future__ import annotations

from runflow_api.models.asset import Asset as _GeneratedAsset


class Asset(_GeneratedAsset):
    """A stored file: every field of the API under its own name, and the reference that stands for it.

    Example:
        >>> from runflow_client.models.asset import Asset
        >>> Asset(id="0193f0a0-0000-7000-8000-000000000001").ref
        'runflow://assets/0193f0a0-0000-7000-8000-000000000001'
    """

    __slots__ = ()

    @property
    def ref(self) -> str | None:
        """What to pass as an image: it lasts, where `url` expires. None where the server named no id."""
        return f"runflow://assets/{self.id}" if isinstance(self.id, str) and self.id else None
