"""What is fuzzed: one module for each thing that parses, each with the property it has in its first lines.

Every module has one function `check(data: bytes) -> None` that raises where the property is broken. `scripts/testing/fuzz.py` gives
it to a fuzzer that is guided by coverage, and `test_fuzz_targets.py` runs it on the corpus and on seeded variations of it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from . import (
    answers,
    asset_answers,
    callback_bodies,
    credentials,
    data_uris,
    error_envelopes,
    gzip_bodies,
    image_bytes,
    list_answers,
    retry_after,
)

TARGETS: dict[str, Callable[[bytes], None]] = {
    module.__name__.rpartition(".")[2]: module.check
    for module in (
        answers,
        asset_answers,
        callback_bodies,
        credentials,
        data_uris,
        error_envelopes,
        gzip_bodies,
        image_bytes,
        list_answers,
        retry_after,
    )
}

NEED_THE_GENERATOR = ("contract_texts",)
"""What is fuzzed only where openapi-python-client is, which has an environment of its own."""

if find_spec("openapi_python_client") is not None:
    TARGETS |= {name: import_module(f"{__name__}.{name}").check for name in NEED_THE_GENERATOR}
