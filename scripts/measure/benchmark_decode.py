"""Measure the time to make an `Evaluation` from a parsed response, relative to parsing the response.

The response has about 45 kB: an evaluation with judges, run, model and workflow. Both are measured alternately in one
process, so that the ratio of the medians is comparable between machines.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from scripts.measure.full_evaluation import compact, full_evaluation

_ROOT = Path(__file__).resolve().parents[2]
_SIZE = 45_000
# The list lengths of a typical model page and a run with a few steps.
_REPEATED = {"judges": 6, "logs": 6, "inputs": 5, "node_runs": 5, "faq_entries": 3, "pricing": 3}


def measure(first: Callable[[], Any], second: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Return the median seconds of two calls, made alternately."""
    times: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for call, into in zip((first, second), times, strict=True):
                start = perf_counter()
                call()
                into.append(perf_counter() - start)
    finally:
        gc.enable()
    return median(times[0]), median(times[1])


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure Evaluation.from_dict over json.loads.")
    parser.add_argument("--rounds", type=int, default=3000)
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(_ROOT / "generated"))
    from runflow_api.models.evaluation import Evaluation

    contract = json.loads((_ROOT / "generated" / "runflow_api" / "openapi.json").read_text(encoding="utf-8"))
    document = full_evaluation(contract, _REPEATED, usual=2, size=_SIZE)
    text = compact(document)
    decoding, parsing = measure(lambda: Evaluation.from_dict(document), lambda: json.loads(text), options.rounds)
    whole, again = measure(lambda: Evaluation.from_dict(json.loads(text)), lambda: json.loads(text), options.rounds)
    writing, _ = measure(Evaluation.from_dict(document).to_dict, lambda: None, options.rounds)
    print(f"response                      {len(text):>8} bytes")
    print(f"json.loads                    {parsing * 1e6:8.1f} µs")
    print(f"Evaluation.from_dict          {decoding * 1e6:8.1f} µs   ratio {decoding / parsing:.2f}   (target: 0.70)")
    print(f"bytes to Evaluation           {whole * 1e6:8.1f} µs   ratio {whole / again:.2f}   (target: 1.70)")
    print(f"Evaluation.to_dict            {writing * 1e6:8.1f} µs   ratio {writing / parsing:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
