"""The model `EvaluationReferenceImage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field as attrs_field
from attrs import frozen

from ..encoding import sent
from ..limits import check_string
from ..summary import short_repr
from ..types import UNSET, Unset

_FIELDS: dict[str, Any] = {
    "url": None,
    "kind": None,
    "description": None,
}
_SHOWN = (
    "kind",
    "description",
)


@frozen(kw_only=True, repr=False)
class EvaluationReferenceImage:
    """An image to compare the evaluated one with. The page gives the three names only; whether one of them is required
    or limited is not known.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation

    Raises:
        LimitError: A value breaks a limit of the contract; found when the request is made, before anything is sent.
    """

    url: str | Unset = UNSET
    """The image, in one of the three forms of generated_image_url."""
    kind: str | None | Unset = UNSET
    """What the image is there for, in free text; no list of values is documented."""
    description: str | None | Unset = UNSET
    """What is to be seen on it."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    def __attrs_post_init__(self) -> None:
        """Checks every value against the contract."""
        check_string("url", self.url, optional=True)
        check_string("kind", self.kind, nullable=True, optional=True)
        check_string("description", self.description, nullable=True, optional=True)

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the request from its JSON; a field that is missing stays unset.

        Raises:
            LimitError: A value breaks a limit of the contract.
        """
        values: dict[str, Any] = {
            "url": src.get("url", UNSET),
            "kind": src.get("kind", UNSET),
            "description": src.get("description", UNSET),
        }
        extra = {key: value for key, value in src.items() if key not in _FIELDS}
        return cls(**values, additional_properties=extra)

    def to_dict(self) -> dict[str, Any]:
        """The JSON to send: what is unset is left out, `None` becomes null."""
        return sent(
            {
                **self.additional_properties,
                "url": self.url,
                "kind": self.kind,
                "description": self.description,
            }
        )

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
