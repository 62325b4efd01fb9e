"""What is fuzzed: one module for each thing that parses, each with the property it has in its first lines.

Every module has one function `check(data: bytes) -> None` that raises where the property is broken. `scripts/testing/fuzz.py` gives
it to a fuzzer that is guided by coverage, and `test_fuzz_targets.py` runs it on the corpus and on seeded variations of it.
"""

from __future__ import annotations

from collections.abc import Callable

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
