"""The targets of `make fuzz` on the whole corpus, earlier findings included, and on seeded variations."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts.testing import fuzz

TARGETS = fuzz.targets()
VARIATIONS = 250
SEEDS = {name: sorted((fuzz.CORPUS / name).iterdir()) for name in TARGETS}


def variations(seeds: list[bytes], words: list[bytes], random: random.Random) -> Iterator[bytes]:
    """Generate variations of the seeds: changed bytes, inserted words, and removed, repeated or exchanged parts."""
    while True:
        data = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, 6)):
            start = random.randint(0, len(data))
            end = min(len(data), start + random.randint(0, 16))
            match random.randrange(5):
                case 0:
                    data[start:end] = random.choice(words)
                case 1:
                    data[start:end] = random.randbytes(random.randint(0, 3))
                case 2:
                    del data[start:end]
                case 3:
                    data[start:start] = data[start:end] * random.randint(1, 40)
                case _:
                    other = random.choice(seeds)
                    data[start:] = other[random.randint(0, len(other)) :]
        yield bytes(data[: fuzz.LONGEST])


@pytest.mark.parametrize(
    "file", [file for files in SEEDS.values() for file in files], ids=lambda file: f"{file.parent.name}/{file.name}"
)
def test_corpus_input_satisfies_target_property(file: Path) -> None:
    TARGETS[file.parent.name](file.read_bytes())


def run(name: str) -> None:
    """Run a target on its corpus and on deterministic variations."""
    seeds = [file.read_bytes() for file in SEEDS[name]]
    for data in chain(seeds, islice(variations(seeds, fuzz.words(), random.Random(name)), VARIATIONS)):
        try:
            TARGETS[name](data)
        except Exception as error:
            error.add_note(f"the input was {data!r}")
            raise


@pytest.mark.parametrize("name", TARGETS)
def test_seeded_variations_satisfy_target_property(name: str) -> None:
    run(name)


@pytest.mark.parametrize(
    ("name", "place", "defect"),
    [
        ("evaluation_responses", "models.evaluation._of_type", lambda value, kind: value or []),
        ("evaluation_responses", "models.html._REDACT", str),
        ("upload_responses", "flows.assets._may_be_sent_to", lambda url, is_local: True),
        ("upload_responses", "flows.submitting._LONGEST_ID", None),
        ("callback_bodies", "callbacks.signatures._problem_of_match", lambda body, signature, secrets: None),
        ("callback_bodies", "callbacks.signatures._SHOWABLE", re.compile(r"(?s).*")),
        ("credentials", "runtime.configuration._check_header", lambda name, value: None),
        ("data_uris", "runtime.files.images._checked_data_uri", lambda image, argument: image),
        ("error_envelopes", "flows.base.responses._text_of", lambda body, redact: body.decode("utf-8", "replace")),
        ("error_envelopes", "flows.base.responses._CODE_LIMIT", None),
        ("gzip_bodies", "runtime.transport.compression._GZIP", b"never"),
        ("image_bytes", "runtime.files.uploads.describe_other", lambda head: head.decode("latin-1")),
        ("list_responses", "flows.evaluations.parse_qs", urlsplit),
        ("retry_after", "flows.base.responses._LONGEST_RETRY_AFTER", float("inf")),
    ],
)
def test_planted_defect_is_detected(name: str, place: str, defect: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"runflow_client.{place}", defect)
    with pytest.raises(Exception) as caught:
        run(name)
    assert any("the input was" in note for note in caught.value.__notes__)


def test_every_target_has_corpus_and_every_corpus_has_target() -> None:
    # tests/scripts/generator/test_planted_text.py runs those that are not here.
    elsewhere = import_module("fuzz_targets").NEED_THE_GENERATOR
    assert {folder.name for folder in fuzz.CORPUS.iterdir()} == {*TARGETS, *elsewhere}
    assert all(SEEDS.values())
