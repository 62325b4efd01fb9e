"""The targets of `make fuzz` in small: the whole corpus, with all that was ever found, and seeded variations of it."""

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


def variations(seeds: list[bytes], words: list[bytes], chance: random.Random) -> Iterator[bytes]:
    """Texts like the seeds: with bytes changed, words put in, parts cut out, doubled, or taken from another seed."""
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            start = chance.randint(0, len(data))
            end = min(len(data), start + chance.randint(0, 16))
            match chance.randrange(5):
                case 0:
                    data[start:end] = chance.choice(words)
                case 1:
                    data[start:end] = chance.randbytes(chance.randint(0, 3))
                case 2:
                    del data[start:end]
                case 3:
                    data[start:start] = data[start:end] * chance.randint(1, 40)
                case _:
                    other = chance.choice(seeds)
                    data[start:] = other[chance.randint(0, len(other)) :]
        yield bytes(data[: fuzz.LONGEST])


@pytest.mark.parametrize(
    "file", [file for files in SEEDS.values() for file in files], ids=lambda file: f"{file.parent.name}/{file.name}"
)
def test_a_corpus_input_keeps_its_targets_property(file: Path) -> None:
    TARGETS[file.parent.name](file.read_bytes())


def run(name: str) -> None:
    """Run a target on its corpus and on variations of it that are the same each time."""
    seeds = [file.read_bytes() for file in SEEDS[name]]
    for data in chain(seeds, islice(variations(seeds, fuzz.words(), random.Random(name)), VARIATIONS)):
        try:
            TARGETS[name](data)
        except Exception as error:
            error.add_note(f"the input was {data!r}")
            raise


@pytest.mark.parametrize("name", TARGETS)
def test_seeded_variations_keep_the_property(name: str) -> None:
    run(name)


@pytest.mark.parametrize(
    ("name", "place", "defect"),
    [
        ("answers", "evaluation._of_type", lambda value, kind: value or []),
        ("answers", "evaluation._SCRUB", str),
        ("asset_answers", "flows.assets._may_be_sent_to", lambda url, is_local: True),
        ("asset_answers", "flows.evaluations._LONGEST_NAME", None),
        ("callback_bodies", "callbacks._fault_of_match", lambda body, signature, secrets: None),
        ("callback_bodies", "callbacks._SHOWABLE", re.compile(r"(?s).*")),
        ("credentials", "configuration._check_header", lambda name, value: None),
        ("data_uris", "images._checked_data_uri", lambda image, argument: image),
        ("error_envelopes", "flows.answers._text_of", lambda body, scrub: body.decode("utf-8", "replace")),
        ("error_envelopes", "flows.answers._NAME_LIMIT", None),
        ("gzip_bodies", "drivers.wire._GZIP", b"never"),
        ("image_bytes", "uploads._looks_like", lambda head: head.decode("latin-1")),
        ("list_answers", "flows.evaluations.parse_qs", urlsplit),
        ("retry_after", "flows.answers._LONGEST_RETRY_AFTER", float("inf")),
    ],
)
def test_a_planted_defect_is_found(name: str, place: str, defect: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"runflow_client.{place}", defect)
    with pytest.raises(Exception) as caught:
        run(name)
    assert any("the input was" in note for note in caught.value.__notes__)


def test_every_target_has_a_corpus_and_every_corpus_a_target() -> None:
    elsewhere = import_module(
        "fuzz_targets"
    ).NEED_THE_GENERATOR  # tests/scripts/generator/test_planted_text.py runs those
    assert {folder.name for folder in fuzz.CORPUS.iterdir()} == {*TARGETS, *elsewhere}
    assert all(SEEDS.values())
