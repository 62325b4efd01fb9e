"""The documents that contenders read and write: pending, lean and full evaluations, and a list of 500."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts.measure.full_evaluation import compact, full_evaluation
from scripts.upkeep.environments import ROOT

CONTRACT = ROOT / "generated" / "runflow_api" / "openapi.json"
_FULL_SIZE = 45_000
_LEAN_SIZE = 17_000
# The list lengths of a typical model page and a run with a few steps.
_REPEATED = {"judges": 6, "logs": 6, "inputs": 5, "node_runs": 5, "faq_entries": 3, "pricing": 3}
# What the response to a submit holds; every other field is null.
_PENDING = (
    "id", "org_id", "run_id", "target_type_code", "status_code", "task_type", "task_description", "generated_image_url",
    "attempt_number", "created_at", "updated_at", "source_code", "client_ref", "submitted_at", "job_class_code", "links",
)  # fmt: skip


def documents() -> dict[str, dict[str, Any]]:
    """Return the documents by name."""
    contract = json.loads(CONTRACT.read_text(encoding="utf-8"))
    full = full_evaluation(contract, _REPEATED, usual=2, size=_FULL_SIZE)
    lean = {**full, "run": None, "model": None, "status_code": "completed"}
    lean["generation_prompt"] += "." * max(0, _LEAN_SIZE - len(compact(lean)))
    pending = {name: full[name] if name in _PENDING else None for name in full}
    pending["status_code"] = "pending"
    completed = {**lean, "judges": full["judges"][:2]}
    return {
        "pending": pending,
        "lean": lean,
        "full": full,
        "list of 500": {"items": [lean] * 500},
        "completed": completed,
    }


def write(folder: Path) -> dict[str, Path]:
    """Write the documents as compact JSON, and return their paths."""
    paths = {}
    for name, document in documents().items():
        paths[name] = folder / f"{name.replace(' ', '-')}.json"
        paths[name].write_bytes(compact(document))
    return paths
