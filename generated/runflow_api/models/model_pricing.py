"""The model `ModelPricing`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import extra_of, make, read_datetime, values_of
from ..encoding import plain_time
from ..summary import short_repr

_FIELDS: dict[str, Any] = {
    "id": None,
    "model_id": None,
    "pricing_model_code": None,
    "rule_effect_code": None,
    "model_input_id": None,
    "match_value": None,
    "dimension_code": None,
    "min_value": None,
    "max_value": None,
    "price": None,
    "currency_code": None,
    "unit_code": None,
    "multiplier_label": None,
    "description": None,
    "sort_order": None,
    "disabled_at": None,
    "measurement_source": None,
    "created_at": None,
    "updated_at": None,
}
_values_of = values_of(_FIELDS)
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
        self = make(cls)
        if len(src) < 19:
            src = {**_FIELDS, **src}
        try:
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
                raw_disabled_at,
                self.measurement_source,
                raw_created_at,
                raw_updated_at,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.disabled_at = raw_disabled_at if raw_disabled_at is None else read_datetime(raw_disabled_at)
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.additional_properties = {} if len(src) == 19 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["model_id"] = self.model_id
        written["pricing_model_code"] = self.pricing_model_code
        written["rule_effect_code"] = self.rule_effect_code
        written["model_input_id"] = self.model_input_id
        written["match_value"] = self.match_value
        written["dimension_code"] = self.dimension_code
        written["min_value"] = self.min_value
        written["max_value"] = self.max_value
        written["price"] = self.price
        written["currency_code"] = self.currency_code
        written["unit_code"] = self.unit_code
        written["multiplier_label"] = self.multiplier_label
        written["description"] = self.description
        written["sort_order"] = self.sort_order
        written["disabled_at"] = self.disabled_at if self.disabled_at is None else plain_time(self.disabled_at)
        written["measurement_source"] = self.measurement_source
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
