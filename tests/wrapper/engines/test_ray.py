"""What is asked of Ray, with stand-ins for it and for Arrow. `make engines` runs the real ones."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from runflow_client.engines import ray
from runflow_client.engines.evaluator import COLUMNS, Settings
from runflow_client.errors import ConfigurationError, InvalidRequestError


class Dataset:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def repartition(self, **options: Any) -> Dataset:
        self.asked |= options
        return self

    def map_batches(self, function: Any, **options: Any) -> Dataset:
        self.asked |= {"function": function, **options}
        return self


class Table:
    """A table of two columns."""

    def column(self, name: str) -> Any:
        return SimpleNamespace(to_pylist=lambda: {"sku": ["a"], "picture": ["https://x.example/a.png"]}[name])


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch, arrow: None) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "ray.data", SimpleNamespace(ActorPoolStrategy=lambda **options: options))


def ask(**changes: Any) -> Dataset:
    dataset = Dataset()
    arguments: dict[str, Any] = {"batch_id": "batch", "task_type": "product"}
    assert ray.evaluate(dataset, **(arguments | changes)) is dataset
    return dataset


@pytest.mark.usefixtures("modules")
def test_restarts_of_actors_are_bounded_and_reserve_no_cpu() -> None:
    asked = ask(workers=3, in_flight=20).asked
    assert (asked["max_restarts"], asked["max_task_retries"], asked["num_cpus"]) == (4, 4, 0)
    assert asked["compute"]["size"] == 3
    assert asked["target_num_rows_per_block"] == asked["batch_size"] == 20


@pytest.mark.usefixtures("modules")
def test_actor_returns_a_table_of_the_fixed_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Settings] = []

    class Evaluator:
        def __init__(self, settings: Settings) -> None:
            made.append(settings)

        def rows(self, items: Iterable[tuple[Any, Any]], in_flight: int) -> list[tuple[Any, ...]]:
            assert (list(items), in_flight) == ([("a", "https://x.example/a.png")], 1)
            return [tuple(COLUMNS)]

    monkeypatch.setattr(ray, "Evaluator", Evaluator)
    asked = ask(item_id="sku", image="picture", budget="5.00").asked
    assert made == [], "nothing is opened on the driver"
    columns, schema = asked["function"](*asked["fn_constructor_args"])(Table())
    assert columns == [[name] for name in COLUMNS]
    assert tuple(schema) == COLUMNS
    assert {name for name, kind in schema.items() if kind == "float64"} == {"score"}
    assert made[0].budget == "5.00"


@pytest.mark.usefixtures("modules")
def test_address_of_journal_is_not_taken() -> None:
    with pytest.raises(InvalidRequestError, match="environment variable"):
        ask(journal="postgresql://user:password@db/runs")


def test_missing_ray_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(ConfigurationError, match=r'needs ray.*pip install .*"ray\[data\]'):
        ask()
