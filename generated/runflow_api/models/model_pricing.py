"""The model `ModelPricing`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader, read_datetime
from ..encoding import plain
from ..summary import short_repr

_FIELDS = dict.fromkeys(
    (
        "id",
        "model_id",
        "pricing_model_code",
        "rule_effect_code",
        "model_input_id",
        "match_value",
        "dimension_code",
        "min_value",
        "max_value",
        "price",
        "currency_code",
        "unit_code",
        "multiplier_label",
        "description",
        "sort_order",
        "disabled_at",
        "measurement_source",
        "created_at",
        "updated_at",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "id",
    "sort_order",
    "pricing_model_code",
    "rule_effect_code",
    "dimension_code",
    "min_value",
    "max_value",
    "price",
    "currency_code",
    "unit_code",
    "multiplier_label",
    "description",
    "measurement_source",
    "disabled_at",
    "created_at",
    "updated_at",
)


@define(kw_only=True, repr=False)
class ModelPricing:
    """One price rule of a model.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    model_id: str | None = None
    pricing_model_code: str | None = None
    rule_effect_code: str | None = None
    model_input_id: str | None = None
    match_value: Any = None
    """Any JSON value; null in the page's example."""
    dimension_code: str | None = None
    min_value: str | None = None
    max_value: str | None = None
    price: str | None = None
    """A decimal."""
    currency_code: str | None = None
    unit_code: str | None = None
    multiplier_label: str | None = None
    description: str | None = None
    sort_order: int | None = None
    disabled_at: datetime | None = None
    measurement_source: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = cls.__new__(cls)
        try:
            known = _known(src)
        except KeyError:
            src = {**_FIELDS, **src}
            known = _known(src)
        (
            self.id,
            self.model_id,
            self.pricing_model_code,
            self.rule_effect_code,
            self.model_input_id,
            self.match_value,
            self.dimension_code,
            self.min_value,
            self.max_value,
            self.price,
            self.currency_code,
            self.unit_code,
            self.multiplier_label,
            self.description,
            self.sort_order,
            self.disabled_at,
            self.measurement_source,
            self.created_at,
            self.updated_at,
        ) = known
        self.disabled_at = read_datetime(self.disabled_at)
        self.created_at = read_datetime(self.created_at)
        self.updated_at = read_datetime(self.updated_at)
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "id": self.id,
            "model_id": self.model_id,
            "pricing_model_code": self.pricing_model_code,
            "rule_effect_code": self.rule_effect_code,
            "model_input_id": self.model_input_id,
            "match_value": self.match_value,
            "dimension_code": self.dimension_code,
            "min_value": self.min_value,
            "max_value": self.max_value,
            "price": self.price,
            "currency_code": self.currency_code,
            "unit_code": self.unit_code,
            "multiplier_label": self.multiplier_label,
            "description": self.description,
            "sort_order": self.sort_order,
            "disabled_at": plain(self.disabled_at),
            "measurement_source": self.measurement_source,
            "created_at": plain(self.created_at),
            "updated_at": plain(self.updated_at),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
