"""The rules of a submit that the documentation states in prose; that submit checks them is inferred."""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from ...._urls import is_loopback
from ..._replies import field_error, unprocessable
from ...judges.sources import is_image_source

_IMAGE = "Image should be an https:// URL, a runflow://assets/{uuid} reference or a data:image/... URI"
_CALLBACK = "Callbacks need an https:// URL; the sandbox also accepts http:// for this machine"


def check_submit_rules(body: Mapping[str, Any], job_classes: Collection[str]) -> None:
    """Check the images, the callback URL and the job class of a submit.

    Raises:
        RefusedError: 422 with the location of every error.
    """
    errors = []
    if not is_image_source(body["generated_image_url"]):
        errors.append(field_error(["body", "generated_image_url"], _IMAGE, "image_source"))
    for position, reference in enumerate(body.get("reference_images") or ()):
        if not is_image_source(reference.get("url", "")):
            errors.append(field_error(["body", "reference_images", position, "url"], _IMAGE, "image_source"))
    callback_url = body.get("callback_url")
    if callback_url is not None and not _is_callback_url(callback_url):
        errors.append(field_error(["body", "callback_url"], _CALLBACK, "url_scheme"))
    if body.get("job_class", "standard") not in job_classes:
        errors.append(field_error(["body", "job_class"], f"Active job classes: {', '.join(job_classes)}", "enum"))
    if errors:
        raise unprocessable(errors)


def _is_callback_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
