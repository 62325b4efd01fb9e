"""Measure what a comparison of two large contracts takes: a process each, with its time and the memory at its peak.

    python -m scripts.measure.measure_spec_diff [MEGABYTES ...]

The contracts are made here: operations that send and read models, which refer to each other. Compared are 13 properties removed,
and a property renamed in every model.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

from scripts.contract.spec_changes.changes import changes
from scripts.contract.spec_changes.document import Document

REMOVED = 13
FIELDS = 12
START = """\
openapi: 3.1.0
info: {title: Large, version: '1'}
security: [{key: []}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
"""
MODEL = """\
    Model{number}:
      type: object
      description: A model that is sent and read.
      required: [field_0]
      properties:
        other:
          anyOf:
            - $ref: '#/components/schemas/Model{other}'
            - type: 'null'
"""
FIELD = """\
        field_{field}:
          type: [string, 'null']
          description: Field {field} of model {number}, as a server writes it.
          maxLength: 100
"""
PATH = """\
  /v1/things{number}/{{id}}:
    parameters:
      - {{name: id, in: path, required: true, schema: {{type: string}}}}
    put:
      operationId: put_thing_{number}
      requestBody:
        content: {{application/json: {{schema: {{$ref: '#/components/schemas/Model{number}'}}}}}}
      responses:
        '200':
          description: The thing.
          content: {{application/json: {{schema: {{$ref: '#/components/schemas/Model{number}'}}}}}}
"""


def contract(size: int) -> tuple[str, int]:
    """A contract of about so many bytes, and the number of its models."""
    randomly = random.Random(1)
    models: list[str] = []
    paths: list[str] = []
    written = 0
    while written < size:
        number = len(models)
        fields = "".join(FIELD.format(field=field, number=number) for field in range(FIELDS))
        models.append(MODEL.format(number=number, other=max(0, number - randomly.randrange(1, 20))) + fields)
        paths.append(PATH.format(number=number))
        written += len(models[-1]) + len(paths[-1])
    return START + "".join(models) + "paths:\n" + "".join(paths), len(models)


def without_fields(text: str, models: int) -> str:
    """The contract without one field of each of 13 models."""
    for index in range(REMOVED):
        start = text.index(f"    Model{index * models // REMOVED}:\n")
        first, behind = (text.index(f"        field_{field}:\n", start) for field in (5, 6))
        text = text[:first] + text[behind:]
    return text


def measure(base: Path, revision: Path) -> tuple[int, float, float]:
    """The number of changes, the seconds and the MiB."""
    started = time.perf_counter()
    versions = [Document(file.read_text(encoding="utf-8"), file.name) for file in (base, revision)]
    found = changes(versions[0], versions[1])
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return len(found), time.perf_counter() - started, kilobytes / 1024


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure what a comparison of two large contracts takes.")
    parser.add_argument("megabytes", nargs="*", type=float, default=[3.0, 10.0])
    with tempfile.TemporaryDirectory() as name:
        base, revision = Path(name, "base.yaml"), Path(name, "revision.yaml")
        for megabytes in parser.parse_args(arguments).megabytes:
            text, models = contract(int(megabytes * 1_000_000))
            base.write_text(text, encoding="utf-8")
            for what, other in (
                (f"{REMOVED} fields removed", without_fields(text, models)),
                ("a field renamed in every model", text.replace("field_5:", "field_five:")),
            ):
                revision.write_text(other, encoding="utf-8")
                with get_context("spawn").Pool(1) as pool:
                    found, seconds, mebibytes = pool.apply(measure, (base, revision))
                print(f"{megabytes:g} MB, {what}: {found} changes in {seconds:.1f} s, {mebibytes:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
