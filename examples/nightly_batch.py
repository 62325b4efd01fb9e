"""A nightly batch: evaluate a folder of images within a budget, go on after whatever ended the last run, and write a report.

    pip install ".[report]"    # in a checkout of runflow-client, once
    python examples/nightly_batch.py renders/ --task-type product_photo --budget 25.00

The API key comes from RUNFLOW_API_KEY. The journal is the file `renders.nightly.db` beside the folder, and each run replaces the report
`renders.nightly.html`. Run the same command again after an interruption: images that were submitted before are not submitted, and not
billed, again.

Exit status: 0 all passed, 1 some were rejected, 2 some have no verdict or an error, 3 the batch could not go on (wrong usage, no API
key, a journal that cannot be used), 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from runflow_client import EvaluationRequest, Runflow, write_report
from runflow_client.errors import RunflowError

SUFFIXES = {".avif", ".jpeg", ".jpg", ".png", ".webp"}


class Parser(argparse.ArgumentParser):
    """Ends with status 3 on wrong usage: argparse's own 2 would say that an image has no verdict."""

    def error(self, message: str) -> NoReturn:
        self.exit(3, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser(description="Evaluate a folder of images.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--task-type", required=True)
    parser.add_argument("--budget", required=True, help="credits, for all runs together")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is not a folder")
    try:
        return evaluate(options.folder.resolve(), options.task_type, options.budget)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        return 130
    except RunflowError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 3


def evaluate(folder: Path, task_type: str, budget: str) -> int:
    """Evaluate the images of a folder, write the report, and return the exit status."""
    journal, report = (folder.parent / f"{folder.name}.nightly.{suffix}" for suffix in ("db", "html"))
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    # The item is known by its path in the folder, so that the order and number of the files may change.
    requests = [EvaluationRequest(path, task_type, item_id=path.relative_to(folder).as_posix()) for path in paths]
    rejected = without_verdict = 0
    with Runflow() as client:
        for outcome in client.evaluations.evaluate_many(requests, journal=journal, budget=budget):
            evaluation = outcome.evaluation
            verdict = None if evaluation is None else evaluation.verdict
            rejected += verdict == "rejected"
            without_verdict += verdict not in ("passed", "rejected")
            if not outcome.from_journal:
                print(f"{outcome.request.item_id}: {verdict or outcome.error}", flush=True)
    write_report(journal, report, images=folder)
    print(f"{len(requests)} images, {rejected} rejected, {without_verdict} without a verdict: {report}")
    return 2 if without_verdict else 1 if rejected else 0


if __name__ == "__main__":
    sys.exit(main())
