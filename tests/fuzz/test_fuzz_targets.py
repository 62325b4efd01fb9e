"""The targets of `make fuzz` in small: the whole corpus, with all that was ever found, and seeded variations of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import fuzz

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


@pytest.mark.parametrize("name", TARGETS)
def test_seeded_variations_keep_the_property(name: str) -> None:
    found = variations([file.read_bytes() for file in SEEDS[name]], fuzz.words(), random.Random(name))
    for number in range(VARIATIONS):
        data = next(found)
        try:
            TARGETS[name](data)
        except Exception as error:
            error.add_note(f"variation {number} of {name}: {data!r}")
            raise
