"""The model `Model`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from ..decoding import fields_reader, read_datetime
from ..encoding import plain, plain_list
from ..summary import short_repr
from ..types import JsonObject

_FIELDS = dict.fromkeys(
    (
        "id",
        "org_id",
        "model_creator_id",
        "slug",
        "name",
        "description",
        "version",
        "is_public",
        "is_open_source",
        "icon_url",
        "cover_url",
        "category_code",
        "status_code",
        "family_id",
        "family_variant_code",
        "param_count",
        "architecture",
        "license_code",
        "max_resolution",
        "lora_support",
        "fine_tuning",
        "supports_streaming",
        "paper_url",
        "github_url",
        "is_official",
        "availability_status",
        "seo",
        "notable_features",
        "content",
        "pricing_note",
        "created_by",
        "created_at",
        "updated_at",
        "deleted_at",
        "deleted_by",
        "inputs",
        "outputs",
        "examples",
        "faq_entries",
        "pricing",
        "related_links",
    )
)
_known = fields_reader(_FIELDS)
_SHOWN = (
    "id",
    "is_public",
    "is_open_source",
    "lora_support",
    "fine_tuning",
    "supports_streaming",
    "is_official",
    "slug",
    "name",
    "description",
    "version",
    "icon_url",
    "cover_url",
    "category_code",
    "status_code",
    "family_variant_code",
    "param_count",
    "architecture",
    "license_code",
    "max_resolution",
    "paper_url",
    "github_url",
    "availability_status",
    "content",
    "pricing_note",
    "created_at",
    "updated_at",
    "deleted_at",
    "notable_features",
    "inputs",
    "outputs",
    "examples",
    "faq_entries",
    "pricing",
    "related_links",
)


@define(kw_only=True, repr=False)
class Model:
    """The model that made the image.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation
    """

    id: str | None = None
    org_id: str | None = None
    model_creator_id: str | None = None
    slug: str | None = None
    name: str | None = None
    description: str | None = None
    version: str | None = None
    is_public: bool | None = None
    is_open_source: bool | None = None
    icon_url: str | None = None
    cover_url: str | None = None
    category_code: str | None = None
    status_code: str | None = None
    family_id: str | None = None
    family_variant_code: str | None = None
    param_count: str | None = None
    architecture: str | None = None
    license_code: str | None = None
    max_resolution: str | None = None
    lora_support: bool | None = None
    fine_tuning: bool | None = None
    supports_streaming: bool | None = None
    paper_url: str | None = None
    github_url: str | None = None
    is_official: bool | None = None
    availability_status: str | None = None
    seo: JsonObject | None = None
    notable_features: list[Any] | None = None
    content: str | None = None
    pricing_note: str | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    inputs: list[ModelInput] | None = None
    outputs: list[ModelOutput] | None = None
    examples: list[ModelExample] | None = None
    faq_entries: list[ModelFaqEntry] | None = None
    pricing: list[ModelPricing] | None = None
    related_links: list[ModelRelatedLink] | None = None
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
            self.org_id,
            self.model_creator_id,
            self.slug,
            self.name,
            self.description,
            self.version,
            self.is_public,
            self.is_open_source,
            self.icon_url,
            self.cover_url,
            self.category_code,
            self.status_code,
            self.family_id,
            self.family_variant_code,
            self.param_count,
            self.architecture,
            self.license_code,
            self.max_resolution,
            self.lora_support,
            self.fine_tuning,
            self.supports_streaming,
            self.paper_url,
            self.github_url,
            self.is_official,
            self.availability_status,
            self.seo,
            self.notable_features,
            self.content,
            self.pricing_note,
            self.created_by,
            self.created_at,
            self.updated_at,
            self.deleted_at,
            self.deleted_by,
            self.inputs,
            self.outputs,
            self.examples,
            self.faq_entries,
            self.pricing,
            self.related_links,
        ) = known
        self.created_at = read_datetime(self.created_at)
        self.updated_at = read_datetime(self.updated_at)
        self.deleted_at = read_datetime(self.deleted_at)
        value = src["inputs"]
        self.inputs = (
            [ModelInput.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["outputs"]
        self.outputs = (
            [ModelOutput.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["examples"]
        self.examples = (
            [ModelExample.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["faq_entries"]
        self.faq_entries = (
            [ModelFaqEntry.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["pricing"]
        self.pricing = (
            [ModelPricing.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        value = src["related_links"]
        self.related_links = (
            [ModelRelatedLink.from_dict(item) if isinstance(item, dict) else item for item in value]
            if isinstance(value, list)
            else value
        )
        self.additional_properties = (
            {} if len(src) == len(_FIELDS) else {key: src[key] for key in src if key not in _FIELDS}
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        return {
            **self.additional_properties,
            "id": self.id,
            "org_id": self.org_id,
            "model_creator_id": self.model_creator_id,
            "slug": self.slug,
            "name": self.name,
            "description": self.description,
            "version": self.version,
            "is_public": self.is_public,
            "is_open_source": self.is_open_source,
            "icon_url": self.icon_url,
            "cover_url": self.cover_url,
            "category_code": self.category_code,
            "status_code": self.status_code,
            "family_id": self.family_id,
            "family_variant_code": self.family_variant_code,
            "param_count": self.param_count,
            "architecture": self.architecture,
            "license_code": self.license_code,
            "max_resolution": self.max_resolution,
            "lora_support": self.lora_support,
            "fine_tuning": self.fine_tuning,
            "supports_streaming": self.supports_streaming,
            "paper_url": self.paper_url,
            "github_url": self.github_url,
            "is_official": self.is_official,
            "availability_status": self.availability_status,
            "seo": self.seo,
            "notable_features": self.notable_features,
            "content": self.content,
            "pricing_note": self.pricing_note,
            "created_by": self.created_by,
            "created_at": plain(self.created_at),
            "updated_at": plain(self.updated_at),
            "deleted_at": plain(self.deleted_at),
            "deleted_by": self.deleted_by,
            "inputs": plain_list(self.inputs),
            "outputs": plain_list(self.outputs),
            "examples": plain_list(self.examples),
            "faq_entries": plain_list(self.faq_entries),
            "pricing": plain_list(self.pricing),
            "related_links": plain_list(self.related_links),
        }

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)


# Below the class, because models refer to each other in circles.
from .model_example import ModelExample
from .model_faq_entry import ModelFaqEntry
from .model_input import ModelInput
from .model_output import ModelOutput
from .model_pricing import ModelPricing
from .model_related_link import ModelRelatedLink
