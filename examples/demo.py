"""The main job from end to end, without an account: both clients, a batch with its report, real HTTP, on this machine only.

Starts the sandbox server, evaluates a sharp and a badly blurred picture, sets a thumb and clears it, evaluates a folder of twelve
pictures as a batch with a journal, writes the report of that batch, and stops the server.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageEnhance

from runflow_client import AsyncRunflow, Evaluation, EvaluationRequest, Runflow
from runflow_client.batch.report.page import write_report
from runflow_client.errors import RunflowError
from runflow_client.sandbox import Sandbox, SandboxServer, blurred_picture, sharp_picture

PICTURES = {"sharp.png": sharp_picture, "blurred.png": blurred_picture}
NEXT = """\
What to type next
  .venv/bin/python -m runflow_client.sandbox        the same server, for your own programs; it prints what to export
  .venv/bin/runflow batch FOLDER --task-type T      a batch of your own images; then `runflow report` writes its page
  from runflow_client import Runflow                the three lines of the README"""


def main() -> int:
    began = time.monotonic()
    print("Sandbox: a stand-in for the API that measures pictures; not the real evaluator.\n")
    with SandboxServer(Sandbox(evaluation_seconds=3.0)) as server:
        key = server.sandbox.keys[0]
        try:
            with_threads(server.url, key)
            asyncio.run(with_asyncio(server.url, key))
            batch_with_report(server.url, key, Path(tempfile.mkdtemp(prefix="runflow-demo-")))
        except RunflowError as error:
            print(f"\nThe demo failed: {error}", file=sys.stderr)
            return 1
        charged = sum(charge.amount for charge in server.sandbox.charges)
        print(f"{server.sandbox.evaluations} evaluations, {charged} sandbox credits, {time.monotonic() - began:.0f} s")
    print(f"\n{NEXT}")
    return 0


def with_threads(url: str, key: str) -> None:
    print("Runflow")
    with Runflow(key, base_url=url) as client:
        evaluations = [
            client.evaluations.evaluate(picture(), "image_generation", client_ref=name, on_update=tell)
            for name, picture in PICTURES.items()
        ]
        for evaluation in evaluations:
            show(evaluation)
        last = evaluations[-1].id
        rated = client.evaluations.set_feedback(last, False, reason="blurred, as the judges say")
        print(f"  thumb   {rated.client_ref}: {thumb(rated)} ({rated.feedback_reason})")
        print(f"  cleared {rated.client_ref}: {thumb(client.evaluations.clear_feedback(last))}\n")


async def with_asyncio(url: str, key: str) -> None:
    print("AsyncRunflow, both at once")
    async with AsyncRunflow(key, base_url=url) as client:
        evaluations = await asyncio.gather(
            *(
                client.evaluations.evaluate(picture(), "image_generation", client_ref=name)
                for name, picture in PICTURES.items()
            )
        )
        for evaluation in evaluations:
            show(evaluation)
        first = evaluations[0].id
        rated = await client.evaluations.set_feedback(first, True)
        print(f"  thumb   {rated.client_ref}: {thumb(rated)}")
        print(f"  cleared {rated.client_ref}: {thumb(await client.evaluations.clear_feedback(first))}\n")


def batch_with_report(url: str, key: str, folder: Path) -> None:
    images, journal = folder / "images", folder / "batch.journal"
    make_images(images)
    print("A batch of twelve pictures, all at once, with a journal")
    requests = [
        EvaluationRequest(
            path, "product_photo", generation_prompt="A street of houses at dusk, in focus", item_id=path.name
        )
        for path in sorted(images.iterdir())
    ]
    with Runflow(key, base_url=url) as client:
        batch = client.evaluations.evaluate_many(requests, journal=journal)
        for outcome in batch:
            verdict = None if outcome.evaluation is None else outcome.evaluation.verdict
            print(f"  {outcome.request.item_id}: {verdict or type(outcome.error).__name__}", flush=True)
    report = write_report(journal, folder / "report.html", images=images)
    totals = batch.totals
    print(f"  {totals.passed} passed, {totals.rejected} rejected, {totals.failed} failed, {totals.spent} credits spent")
    print(f"  Report: {report.path} ({report.size // 1024} KiB): open it in a browser\n")


def make_images(folder: Path) -> None:
    """Write twelve files: seven good pictures, two blurred ones, a dark one, a small one, and one that is no picture."""
    folder.mkdir()
    for number in range(7):
        (folder / f"house-{number + 1:02d}.png").write_bytes(sharp_picture(number))
    for number in (7, 8):
        (folder / f"house-{number + 1:02d}-blurred.png").write_bytes(blurred_picture(number))
    sharp = Image.open(io.BytesIO(sharp_picture(9)))
    ImageEnhance.Brightness(sharp).enhance(0.15).save(folder / "house-10-dark.png")
    sharp.resize((60, 45)).save(folder / "house-11-small.png")
    (folder / "house-12-damaged.png").write_bytes(sharp_picture(11)[:4000])


def tell(evaluation: Evaluation) -> None:
    print(f"  {evaluation.client_ref}: {evaluation.status_code}", flush=True)


def show(evaluation: Evaluation) -> None:
    """Print one verdict with its score, and what the judges found."""
    verdict = "no verdict" if evaluation.verdict is None else evaluation.verdict.upper()
    score = "none" if evaluation.score is None else f"{evaluation.score:.2f}"
    print(f"  {evaluation.client_ref}: {verdict}, score {score}, charged {evaluation.charged}")
    for judge in evaluation.judges or ():
        print(f"    {'✓' if judge.passed else '✗'} {judge.name}: {judge.reasoning}")
    for issue in evaluation.issues:
        print(f"    → {issue.detail}")


def thumb(evaluation: Evaluation) -> str:
    if evaluation.feedback_is_positive is None:
        return "none"
    return "up" if evaluation.feedback_is_positive else "down"


if __name__ == "__main__":
    sys.exit(main())
