"""Importing one model loads no other, and never an HTTP library; a part is loaded when it is first used."""

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


@pytest.mark.parametrize(
    ("statement", "models"),
    [
        ("from runflow_api.models import EvaluationJudge", {"evaluation_judge"}),
        ("from runflow_api.models.evaluation_action import EvaluationAction", {"evaluation_action"}),
        ("from runflow_api.models import EvaluationStatus", {"evaluation_status"}),
        ("from runflow_api.models import Run", {"run"}),
        ("from runflow_api.api.account import get_account", set()),
    ],
)
def test_import_loads_no_part_of_a_model(statement: str, models: set[str]) -> None:
    assert loaded_models(modules_after(statement)) == models


def test_part_is_loaded_when_an_answer_holds_it() -> None:
    read = "from runflow_api.models import EvaluationJudge; EvaluationJudge.from_dict"
    assert loaded_models(modules_after(f"{read}({{}})")) == {"evaluation_judge"}
    assert loaded_models(modules_after(f"{read}({{'issues': [{{}}]}})")) == {"evaluation_judge", "evaluation_issue"}


def test_type_hints_load_the_parts() -> None:
    hints = "import typing; from runflow_api.models import EvaluationJudge; typing.get_type_hints(EvaluationJudge)"
    assert loaded_models(modules_after(hints)) == {"evaluation_judge", "evaluation_issue"}


@pytest.mark.parametrize("name", sorted(runflow_api.models.__all__))
def test_every_name_gives_its_class_and_is_looked_up_once(name: str) -> None:
    assert getattr(runflow_api.models, name).__name__ == name
    assert name in vars(runflow_api.models)


@pytest.mark.parametrize("name", ["Run", "RunLog"])
def test_models_that_refer_to_each_other_read_each_other(name: str) -> None:
    document = "{'logs': [{'run': {}}], 'run': {'logs': [{}]}}"
    statement = f"from runflow_api.models import {name}; {name}.from_dict({document})"
    assert {"run", "run_log"} <= loaded_models(modules_after(statement))


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
