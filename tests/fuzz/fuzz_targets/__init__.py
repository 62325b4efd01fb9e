"""The fuzz targets: one module for each parser, with its property in the docstring.

Each module has one function `check(data: bytes) -> None` that raises if the property does not hold. `scripts/testing/fuzz.py`
runs it under a coverage-guided fuzzer, and `test_fuzz_targets.py` runs it on the corpus and on seeded variations.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from . import (
    callback_bodies,
    credentials,
    data_uris,
    error_envelopes,
    evaluation_responses,
    gzip_bodies,
    image_bytes,
    list_responses,
    retry_after,
    upload_responses,
)

TARGETS: dict[str, Callable[[bytes], None]] = {
    module.__name__.rpartition(".")[2]: module.check
    for module in (
        evaluation_responses,
        upload_responses,
        callback_bodies,
        credentials,
        data_uris,
        error_envelopes,
        gzip_bodies,
        image_bytes,
        list_responses,
        retry_after,
    )
}

NEED_THE_GENERATOR = ("contract_texts",)
"""What is fuzzed only where openapi-python-client is, which has an environment of its own."""

if find_spec("openapi_python_client") is not None:
    TARGETS |= {name: import_module(f"{__name__}.{name}").check for name in NEED_THE_GENERATOR}
