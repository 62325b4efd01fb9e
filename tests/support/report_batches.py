"""Journals of batches that look like real ones, for the tests and the measurements of the report."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from runflow_client import open_journal
from runflow_client.batch.journals.journal import Verdict

PRICE = Decimal("0.0400")
JUDGES = ("Anatomy", "Sharpness", "Exposure", "Prompt adherence", "Composition", "Artifacts", "Identity", "Typography")
_ISSUES = {
    "Anatomy": ("anatomy", "hands", "The left hand shows six fingers, and the thumb bends away from the cup."),
    "Sharpness": ("sharpness", "focus", "The eyes are out of focus while the background is sharp."),
    "Exposure": ("exposure", "highlights", "The highlights on the forehead are clipped; no detail is left there."),
    "Prompt adherence": (
        "prompt adherence",
        "missing object",
        "The prompt asks for a red scarf; the scarf is missing.",
    ),
    "Composition": ("composition", "cropping", "The head is cropped at the top."),
    "Artifacts": ("artifacts", "texture", "A repeated texture runs through the wall behind the subject."),
    "Identity": ("identity", "face", "The face differs from the reference image: narrower jaw, other eye colour."),
    "Typography": ("typography", "spelling", 'The headline reads "SUMMMER SALE".'),
}
_VOCABULARY = """
edge skin hand light face shadow texture focus hair cloth glass metal wood colour tone noise grain blur contrast crop frame subject
background prompt reference lens depth field window table cup scarf shoe board letter headline product label seam finger shows matches
differs bends repeats breaks fades fits misses keeps follows hides covers touches left right upper lower middle natural soft hard even
uneven sharp clipped warm cold plausible consistent distorted missing extra clear faint strong slightly
"""
_WORDS = _VOCABULARY.split()
_SUBJECTS = ("a woman with a red scarf", "a ceramic mug on oak", "a running shoe", "two chefs", "a chess player")


def body(number: int, random: random.Random, *, verdict: Verdict | None = None, **changes: Any) -> dict[str, Any]:
    """Return the last body of an evaluation that completed."""
    passed = random.random() < 0.8 if verdict is None else verdict is Verdict.PASSED
    failing = (
        set() if passed and random.random() < 0.8 else set(random.sample(JUDGES, 1 if passed else random.randint(1, 3)))
    )
    score = random.betavariate(14, 2) if passed else random.betavariate(4, 4)
    prompt = f"Studio photograph of {random.choice(_SUBJECTS)}, soft window light, 85 mm, shallow depth of field, number {number}"
    seconds = random.lognormvariate(3.6, 0.5)
    minutes, second = divmod(number // 3, 60)
    judges = [
        {
            "name": name,
            "category": "quality",
            "passed": name not in failing,
            "confidence": round(random.uniform(0.6, 0.99), 2),
            "weight": 1.0,
            "reasoning": f"{name}: {' '.join(random.choices(_WORDS, k=30))}.",
            "evidence": ["upper left quarter", "full image"],
            "issues": [dict(zip(("category", "subcategory", "detail"), _ISSUES[name], strict=True))]
            if name in failing
            else [],
        }
        for name in JUDGES
    ]
    start = f"2026-11-25T{9 + minutes // 60 % 12:02d}:{minutes % 60:02d}:{second:02d}"
    hours, rest = divmod(minutes * 60 + second + seconds, 3600)
    end = f"2026-11-25T{9 + int(hours) % 12:02d}:{int(rest // 60):02d}:{rest % 60:06.3f}"
    action = {
        "primary_action": "accept" if passed else "regenerate",
        "failure_summary": "" if passed else "Would not pass a look at full size.",
        "improved_prompt": None if passed else f"{prompt}, natural hands with five fingers, eyes in sharp focus",
    }
    return {
        "id": f"01978c5f-6b02-7d19-8f4a-{number:012d}",
        "status_code": "completed",
        "overall_passed": passed,
        "weighted_pass_rate": round(score, 4),
        "task_type": random.choice(("headshot", "headshot", "product_photo", "ad_creative")),
        "generation_prompt": prompt,
        "generated_image_url": f"https://images.example.com/generated/{number}.png?X-Signature=s3cr3t",
        "created_at": start + "Z",
        "submitted_at": start + "Z",
        "completed_at": end + "Z",
        "cost": str(PRICE),
        "judges": judges,
        "gate_failures": []
        if passed or number % 7
        else [{"output_key": "nsfw", "module": "safety", "reason": "not safe for work"}],
        "action": action,
    } | changes


def failed_body(number: int, code: str, reason: str) -> dict[str, Any]:
    """Return the last body of an evaluation that failed."""
    return {
        **body(number, random.Random(number), overall_passed=None, weighted_pass_rate=None, judges=[], action=None),
        "status_code": "failed",
        "failure_code": code,
        "check_summary": {"reason": reason},
    }


def item(name: str, verdict: Verdict, body: dict[str, Any]) -> tuple[Any, ...]:
    return name, verdict, body


def usual_items(count: int, *, seed: int = 1) -> Iterable[tuple[Any, ...]]:
    """Yield items as a batch of photographs ends: most pass, some are rejected, few have no verdict."""
    source = random.Random(seed)
    for number in range(count):
        name = f"shoot-{number // 100:02d}/photo-{number:05d}.jpg"
        place = number % 97
        if place == 13:
            yield item(name, Verdict.UNDECIDED, body(number, source, overall_passed=None, weighted_pass_rate=None))
        elif place == 29:
            yield item(name, Verdict.FAILED, failed_body(number, "invalid_media", "the image cannot be decoded"))
        elif place == 61:
            yield item(name, Verdict.FAILED, failed_body(number, "judge_timeout", "a judge gave no answer"))
        else:
            found = body(number, source)
            yield item(name, Verdict.PASSED if found["overall_passed"] else Verdict.REJECTED, found)


def failed_items(count: int) -> Iterable[tuple[Any, ...]]:
    for number in range(count):
        yield item(
            f"photo-{number}.jpg", Verdict.FAILED, failed_body(number, "invalid_media", "the image cannot be decoded")
        )


def fill(path: Path, items: Iterable[tuple[Any, ...]], *, batch_id: str = "default", unfinished: int = 0) -> Path:
    """Write a journal whose items have ended, and one with items that have not."""
    journal = open_journal(path, create=True)
    worker = journal.begin(batch_id, account="account")
    with worker.group():
        for name, verdict, found in items:
            worker.grant(name, digest="digest", price=PRICE)
            worker.submitted(name, found["id"])
            worker.finished(
                name,
                verdict,
                evaluation=json.dumps(found),
                cost=None if verdict is Verdict.FAILED else PRICE,
            )
        for number in range(unfinished):
            worker.grant(f"unfinished-{number}", digest="digest", price=PRICE)
    journal.close()
    return path
