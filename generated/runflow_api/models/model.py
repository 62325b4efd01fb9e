"""The model `Model`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from attrs import define
from attrs import field as attrs_field

from .. import models as api_models
from ..decoding import extra_of, make, read_datetime, read_models, values_of
from ..encoding import plain_list, plain_time
from ..summary import short_repr
from ..types import JsonObject

_FIELDS: dict[str, Any] = {
    "id": None,
    "org_id": None,
    "model_creator_id": None,
    "slug": None,
    "name": None,
    "description": None,
    "version": None,
    "is_public": None,
    "is_open_source": None,
    "icon_url": None,
    "cover_url": None,
    "category_code": None,
    "status_code": None,
    "family_id": None,
    "family_variant_code": None,
    "param_count": None,
    "architecture": None,
    "license_code": None,
    "max_resolution": None,
    "lora_support": None,
    "fine_tuning": None,
    "supports_streaming": None,
    "paper_url": None,
    "github_url": None,
    "is_official": None,
    "availability_status": None,
    "seo": None,
    "notable_features": None,
    "content": None,
    "pricing_note": None,
    "created_by": None,
    "created_at": None,
    "updated_at": None,
    "deleted_at": None,
    "deleted_by": None,
    "inputs": None,
    "outputs": None,
    "examples": None,
    "faq_entries": None,
    "pricing": None,
    "related_links": None,
}
_values_of = values_of(_FIELDS)
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
    inputs: list[api_models.ModelInput] | None = None
    outputs: list[api_models.ModelOutput] | None = None
    examples: list[api_models.ModelExample] | None = None
    faq_entries: list[api_models.ModelFaqEntry] | None = None
    pricing: list[api_models.ModelPricing] | None = None
    related_links: list[api_models.ModelRelatedLink] | None = None
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the model from its JSON.

        What is missing is `None`; a value that is not what the contract says stays as it came.
        """
        self = make(cls)
        if len(src) < 41:
            src = {**_FIELDS, **src}
        try:
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
                raw_created_at,
                raw_updated_at,
                raw_deleted_at,
                self.deleted_by,
                raw_inputs,
                raw_outputs,
                raw_examples,
                raw_faq_entries,
                raw_pricing,
                raw_related_links,
            ) = _values_of(src)
        except KeyError:
            return cls.from_dict({**_FIELDS, **src})
        self.created_at = raw_created_at if raw_created_at is None else read_datetime(raw_created_at)
        self.updated_at = raw_updated_at if raw_updated_at is None else read_datetime(raw_updated_at)
        self.deleted_at = raw_deleted_at if raw_deleted_at is None else read_datetime(raw_deleted_at)
        self.inputs = read_models(raw_inputs, api_models.ModelInput.from_dict) if raw_inputs else raw_inputs
        self.outputs = read_models(raw_outputs, api_models.ModelOutput.from_dict) if raw_outputs else raw_outputs
        self.examples = read_models(raw_examples, api_models.ModelExample.from_dict) if raw_examples else raw_examples
        self.faq_entries = (
            read_models(raw_faq_entries, api_models.ModelFaqEntry.from_dict) if raw_faq_entries else raw_faq_entries
        )
        self.pricing = read_models(raw_pricing, api_models.ModelPricing.from_dict) if raw_pricing else raw_pricing
        self.related_links = (
            read_models(raw_related_links, api_models.ModelRelatedLink.from_dict)
            if raw_related_links
            else raw_related_links
        )
        self.additional_properties = {} if len(src) == 41 else extra_of(src, _FIELDS)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The model's JSON: every field of the contract, and those it does not name."""
        written = _FIELDS.copy()
        written["id"] = self.id
        written["org_id"] = self.org_id
        written["model_creator_id"] = self.model_creator_id
        written["slug"] = self.slug
        written["name"] = self.name
        written["description"] = self.description
        written["version"] = self.version
        written["is_public"] = self.is_public
        written["is_open_source"] = self.is_open_source
        written["icon_url"] = self.icon_url
        written["cover_url"] = self.cover_url
        written["category_code"] = self.category_code
        written["status_code"] = self.status_code
        written["family_id"] = self.family_id
        written["family_variant_code"] = self.family_variant_code
        written["param_count"] = self.param_count
        written["architecture"] = self.architecture
        written["license_code"] = self.license_code
        written["max_resolution"] = self.max_resolution
        written["lora_support"] = self.lora_support
        written["fine_tuning"] = self.fine_tuning
        written["supports_streaming"] = self.supports_streaming
        written["paper_url"] = self.paper_url
        written["github_url"] = self.github_url
        written["is_official"] = self.is_official
        written["availability_status"] = self.availability_status
        written["seo"] = self.seo
        written["notable_features"] = self.notable_features
        written["content"] = self.content
        written["pricing_note"] = self.pricing_note
        written["created_by"] = self.created_by
        written["created_at"] = self.created_at if self.created_at is None else plain_time(self.created_at)
        written["updated_at"] = self.updated_at if self.updated_at is None else plain_time(self.updated_at)
        written["deleted_at"] = self.deleted_at if self.deleted_at is None else plain_time(self.deleted_at)
        written["deleted_by"] = self.deleted_by
        written["inputs"] = self.inputs if self.inputs is None else plain_list(self.inputs)
        written["outputs"] = self.outputs if self.outputs is None else plain_list(self.outputs)
        written["examples"] = self.examples if self.examples is None else plain_list(self.examples)
        written["faq_entries"] = self.faq_entries if self.faq_entries is None else plain_list(self.faq_entries)
        written["pricing"] = self.pricing if self.pricing is None else plain_list(self.pricing)
        written["related_links"] = self.related_links if self.related_links is None else plain_list(self.related_links)
        return {**self.additional_properties, **written} if self.additional_properties else written

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
