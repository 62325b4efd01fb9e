"""Importing one model loads its own parts, and never an HTTP library."""

import subprocess
import sys

import pytest

import runflow_api.models

HTTP = {"httpx", "httpcore", "requests", "urllib3", "aiohttp", "http.client", "asyncio", "ssl", "socket"}


def modules_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after a statement."""
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


def loaded_models(modules: set[str]) -> set[str]:
    return {name.rpartition(".")[2] for name in modules if name.startswith("runflow_api.models.")}


def test_the_package_loads_no_model() -> None:
    assert loaded_models(modules_after("import runflow_api.models")) == set()


def test_a_model_loads_its_own_parts_only() -> None:
    assert loaded_models(modules_after("from runflow_api.models import EvaluationJudge")) == {
        "evaluation_judge",
        "evaluation_issue",
    }
    assert loaded_models(modules_after("from runflow_api.models.evaluation_action import EvaluationAction")) == {
        "evaluation_action"
    }
    assert loaded_models(modules_after("from runflow_api.models import EvaluationStatus")) == {"evaluation_status"}


@pytest.mark.parametrize("name", sorted(runflow_api.models.__all__))
def test_every_name_gives_its_class_and_is_looked_up_once(name: str) -> None:
    assert getattr(runflow_api.models, name).__name__ == name
    assert name in vars(runflow_api.models)


def test_mutually_referring_models_import_in_either_order() -> None:
    for name in ("Run", "RunLog", "Evaluation"):
        assert {"run", "run_log"} <= loaded_models(modules_after(f"from runflow_api.models import {name}"))


def test_nothing_of_it_imports_an_http_library() -> None:
    everything = (
        "from runflow_api.models import *\n"
        "from runflow_api.api.evaluations import get_evaluation, set_evaluation_feedback, submit_evaluation"
    )
    bare = modules_after("pass")
    assert HTTP.isdisjoint(modules_after(everything) - bare)
    assert HTTP.isdisjoint(modules_after("from runflow_api.models.evaluation import Evaluation") - bare)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Evaluatoin'"):
        _ = runflow_api.models.Evaluatoin


def test_the_names_are_listed_without_loading_them() -> None:
    assert dir(runflow_api.models) == sorted(runflow_api.models.__all__)
