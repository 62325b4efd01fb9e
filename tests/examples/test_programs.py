"""The examples that need no server: regeneration, the notebook, the action, and the task of Celery in its own environment."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from runflow_client import Evaluation
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PYTHON = Path(os.environ.get("RUNFLOW_EXAMPLES_PYTHON") or ROOT / ".venv-examples" / "bin" / "python")

# Runs in place of a worker: the task's body, twice under one id, as Celery runs a task whose worker was killed.
TASK = """
import json, sys
import celery_task

celery_task.app.conf.task_always_eager = True
celery_task.close_client()  # a worker that had no task
results = [
    celery_task.evaluate.apply_async((sys.argv[1], "photo", order), task_id=task_id).get()
    for order, task_id in (("order-1", "one"), ("order-1", "one"), ("order-2", "two"))
]
celery_task.close_client()
print(json.dumps(results))
"""


def test_regeneration_ends_with_picture_that_passes() -> None:
    done = subprocess.run([sys.executable, EXAMPLES / "regenerate.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.rpartition(": ")[2] for line in done.stdout.splitlines()[:2]] == ["rejected", "passed"]


def test_notebook_cells_run_in_order() -> None:
    notebook = json.loads((EXAMPLES / "verdicts.ipynb").read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    shown = [run_cell(cell["source"], names) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    (evaluation,) = (value for value in shown if isinstance(value, Evaluation))
    assert "rejected" in evaluation._repr_html_()
    assert {"sharp": "passed", "blurred": "rejected"} in shown
    assert "blurred" in shown


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run a cell and return the value of its last line, which a notebook shows."""
    *statements, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        exec(compile(source, "cell", "exec"), names)
        return None
    exec(compile(ast.Module(statements, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_notebook_holds_no_outputs() -> None:
    notebook = json.loads((EXAMPLES / "verdicts.ipynb").read_text(encoding="utf-8"))
    assert [cell for cell in notebook["cells"] if cell.get("outputs")] == []


def test_action_takes_its_inputs_through_the_environment() -> None:
    action = yaml.safe_load((EXAMPLES / "github-action" / "action.yml").read_text(encoding="utf-8"))
    steps = action["runs"]["steps"]
    assert not [step for step in steps if "${{" in step["run"]]
    assert set(steps[-1]["env"]) == {"RUNFLOW_API_KEY", "TASK_TYPE", "INSTRUCTIONS", "BASE"}


@pytest.mark.parametrize("fault", ["none", "lost response"])
def test_celery_task_run_twice_is_charged_once(fault: str) -> None:
    from runflow_client.sandbox.faults import drop_after

    url = "https://images.example.com/a.png"
    with SandboxServer(Sandbox(evaluation_seconds=0.1, images={url: sharp_picture()})) as server:
        if fault != "none":
            server.sandbox.faults.append(drop_after)
        settings = {"RUNFLOW_BASE_URL": server.url, "RUNFLOW_API_KEY": server.sandbox.keys[0]}
        done = subprocess.run(
            [PYTHON, "-c", TASK, url], cwd=EXAMPLES, env=os.environ | settings, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        first, again, other = json.loads(done.stdout)
        assert first == again != other
        assert [first["verdict"], other["verdict"]] == ["passed", "passed"]
        assert len(server.sandbox.charges) == 2
