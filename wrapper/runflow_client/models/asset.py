"""The asset: an uploaded file."""

from __future__ import annotations

from runflow_api.models.asset import Asset as _GeneratedAsset


class Asset(_GeneratedAsset):
    """A stored file: the fields of the API under their own names, and a reference to pass as an image.

    Example:
        >>> from runflow_client.models.asset import Asset
        >>> Asset(id="0193f0a0-0000-7000-8000-000000000001").ref
        'runflow://assets/0193f0a0-0000-7000-8000-000000000001'
    """

    __slots__ = ()

    @property
    def ref(self) -> str | None:
        """The reference to pass as an image; unlike `url` it does not expire. None where the server sent no id."""
        return f"runflow://assets/{self.id}" if isinstance(self.id, str) and self.id else None
