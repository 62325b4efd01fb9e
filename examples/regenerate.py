"""Generate again until an image passes: with the prompt that the judges suggest, else with what they found.

    python regenerate.py

The picture maker is a stand-in that draws a test picture, sharp only if the prompt asks for it; put your image model in its place.
The service is the sandbox, inside the process; put `Runflow()` in its place.
"""

from __future__ import annotations

import sys

from runflow_client import Evaluation, Runflow
from runflow_client.sandbox import Sandbox, blurred_picture, sharp_picture

ATTEMPTS = 3  # each one is billed


def picture_of(prompt: str) -> bytes:
    """Stands in for an image model."""
    return sharp_picture() if "sharp" in prompt else blurred_picture()


def regenerate(client: Runflow, prompt: str, attempts: int = ATTEMPTS) -> tuple[bytes, Evaluation]:
    """Return the first image that passes, else the last one, with its evaluation."""
    for attempt in range(1, attempts + 1):
        picture = picture_of(prompt)
        evaluation = client.evaluations.evaluate(picture, "image_generation", generation_prompt=prompt)
        print(f"attempt {attempt}, {prompt!r}: {evaluation.verdict}")
        if evaluation.passed or attempt == attempts:
            return picture, evaluation
        prompt = next_prompt(prompt, evaluation)
    raise ValueError("attempts must be at least 1")


def next_prompt(prompt: str, evaluation: Evaluation) -> str:
    improved = evaluation.action.improved_prompt if evaluation.action is not None else None
    if improved and improved != prompt:
        return improved
    found = sorted({issue.category for issue in evaluation.issues if issue.category})
    return f"{prompt}, sharp, without: {', '.join(found)}" if found else f"{prompt}, sharp"


def main() -> int:
    with Sandbox().client() as client:
        picture, evaluation = regenerate(client, "a red bicycle on a white ground")
        print(f"{len(picture):,} bytes, {evaluation.charged} credits for the last attempt")
        return 0 if evaluation.passed else 1


if __name__ == "__main__":
    sys.exit(main())
