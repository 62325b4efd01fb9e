"""A nightly batch: evaluate a folder of images within a budget, go on after whatever ended the last run, and write a report.

    python nightly_batch.py renders/ --task-type product_photo --budget 25.00

The journal is the file `renders.db` beside the folder, the report `renders.html`; it needs `pip install ".[report]"` in a checkout. Run
the same command again after an interruption: images that were submitted before are not submitted, and not billed, again.
Exit status: 0 all passed, 1 some were rejected, 2 some have no verdict, 130 interrupted. The key comes from RUNFLOW_API_KEY.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from runflow_client import EvaluationRequest, Runflow, write_report

SUFFIXES = {".avif", ".jpeg", ".jpg", ".png", ".webp"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Evaluate a folder of images.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--task-type", required=True)
    parser.add_argument("--budget", required=True, help="credits, for all runs together")
    options = parser.parse_args(arguments)
    folder: Path = options.folder
    journal, report = folder.with_suffix(".db"), folder.with_suffix(".html")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    # The item is known by its path in the folder, so that the order and number of the files may change.
    requests = [
        EvaluationRequest(path, options.task_type, item_id=path.relative_to(folder).as_posix()) for path in paths
    ]
    rejected = without_verdict = 0
    with Runflow() as client:
        try:
            for outcome in client.evaluations.evaluate_many(requests, journal=journal, budget=options.budget):
                evaluation = outcome.evaluation
                verdict = None if evaluation is None else evaluation.verdict
                rejected += verdict == "rejected"
                without_verdict += verdict not in ("passed", "rejected")
                if not outcome.from_journal:
                    print(f"{outcome.request.item_id}: {verdict or outcome.error}", flush=True)
        except KeyboardInterrupt:
            print("interrupted; the same command goes on", file=sys.stderr)
            return 130
    write_report(journal, report, images=folder)
    print(f"{len(requests)} images, {rejected} rejected, {without_verdict} without a verdict: {report}")
    return 2 if without_verdict else 1 if rejected else 0


if __name__ == "__main__":
    sys.exit(main())
