from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from commands import PICTURE

from runflow_client import EvaluationRequest, ReferenceImage
from runflow_client.cli.manifests.columns import FIELDS, Columns, RowError

URL = "https://images.example.com/a.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(b"x")
    return tmp_path


def request(folder: Path, values: dict[str, Any], **options: Any) -> EvaluationRequest:
    defaults = {"task_type": "headshot", **options.pop("defaults", {})}
    arguments: dict[str, Any] = {"renamed": {}, "ignored": (), **options}
    return Columns(folder, defaults, **arguments).request(values)


def test_columns_are_the_fields_of_a_submit(folder: Path) -> None:
    values = {
        "image": URL,
        "task_type": "ad",
        "task_description": "d",
        "generation_prompt": "p",
        "evaluation_instructions": "i",
        "input_attributes": '{"a": 1}',
        "reference_images": f'[{{"image": "{URL}", "kind": "identity", "description": "she"}}, "a.png"]',
        "run_id": "0193f0a0-0000-7000-8000-0000000000aa",
        "client_ref": "c",
        "job_class": "standard",
        "callback_url": "https://a.example/hook",
        "idempotency_key": "k",
        "item_id": "1",
    }
    assert values.keys() == set(FIELDS)
    expected = {
        **values,
        "input_attributes": {"a": 1},
        "reference_images": [ReferenceImage(URL, "identity", "she"), ReferenceImage(folder / "a.png")],
    }
    assert request(folder, values) == EvaluationRequest(**expected)


def test_row_without_a_field_has_that_of_the_options(folder: Path) -> None:
    found = request(folder, {"image": "a.png", "client_ref": "row"}, defaults={"client_ref": "all", "job_class": "x"})
    assert (found.task_type, found.client_ref, found.job_class) == ("headshot", "row", "x")
    assert found.image == folder / "a.png"


def test_attributes_of_columns_and_options_come_together(folder: Path) -> None:
    found = request(
        folder,
        {"image": "a.png", "input_attributes.style": "corporate", "input_attributes.size": 3},
        defaults={"input_attributes": {"style": "casual", "light": "soft"}},
    )
    assert found.input_attributes == {"style": "corporate", "light": "soft", "size": 3}


@pytest.mark.parametrize(
    ("image", "item_id"),
    [
        ("a.png", "a.png"),
        (f"{URL}?X-Signature=secret#top", URL),
        (
            "runflow://assets/0193f0a0-0000-7000-8000-0000000000aa",
            "runflow://assets/0193f0a0-0000-7000-8000-0000000000aa",
        ),
    ],
)
def test_item_without_an_id_is_known_by_its_image(folder: Path, image: str, item_id: str) -> None:
    assert request(folder, {"image": image}).item_id == item_id


def test_numbers_can_be_labels(folder: Path) -> None:
    found = request(folder, {"image": "a.png", "item_id": 17, "client_ref": 18})
    assert (found.item_id, found.client_ref) == ("17", "18")


@pytest.mark.parametrize(("length", "client_ref"), [(255, "x" * 255), (256, None)])
def test_client_ref_is_the_item_id_where_that_fits(folder: Path, length: int, client_ref: str | None) -> None:
    assert request(folder, {"image": "a.png", "item_id": "x" * length}).client_ref == client_ref
    assert request(folder, {"image": "a.png"}).client_ref == "a.png"


def test_columns_can_be_renamed_and_left_out(folder: Path) -> None:
    values = {"file": "a.png", "prompt": "p", "photographer": "x"}
    found = request(folder, values, renamed={"file": "image", "prompt": "generation_prompt"}, ignored=["photographer"])
    assert (found.item_id, found.generation_prompt) == ("a.png", "p")
    assert request(folder, {"generated_image_url": URL}).image == URL


def test_unknown_column_names_the_one_that_may_be_meant(folder: Path) -> None:
    with pytest.raises(RowError, match=r"'promt': did you mean 'generation_prompt'\?") as caught:
        request(folder, {"image": "a.png", "promt": "p", "zzz": "p"})
    assert list(caught.value.unknown) == ["promt", "zzz"]
    assert caught.value.unknown["zzz"].endswith("--ignore-column zzz leaves it out")


def test_all_problems_of_a_row_are_named(folder: Path) -> None:
    values = {
        "image": "gone.png",
        "client_ref": "x" * 256,
        "input_attributes": "{",
        "reference_images": "lost.png",
        "callback_url": "http://a.example",
        "item_id": f"{URL}?a",
    }
    with pytest.raises(RowError) as caught:
        request(folder, values)
    names = [problem.partition(":")[0].partition(" ")[0] for problem in caught.value.problems]
    assert sorted(names) == sorted(values)


def test_unknown_column_stands_for_the_missing_one(folder: Path) -> None:
    with pytest.raises(RowError) as caught:
        request(folder, {"file": "a.png", "run_id": "no uuid"})
    assert (list(caught.value.unknown), len(caught.value.problems)) == (["file"], 1)


def test_attributes_that_are_no_object_are_told_beside_others(folder: Path) -> None:
    with pytest.raises(RowError, match="input_attributes must be a dict"):
        request(folder, {"image": "a.png", "input_attributes": "[1]", "input_attributes.style": "corporate"})


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "image: there is none"),
        ({"image": "gone.png"}, "image: there is no file"),
        ({"image": 3}, "image: it must be a file or an address"),
        ({"image": "http://a.example/b.png"}, "image: "),
        ({"image": "data:image/png;base64,AAAA"}, "image: the data URI says"),
        ({"image": "a.png", "task_type": "x" * 101}, "task_type: "),
        ({"image": "a.png", "task_type": 3}, "task_type: "),
        ({"image": "a.png", "callback_url": "http://a.example"}, "callback_url must be"),
        ({"image": "a.png", "run_id": "no uuid"}, "run_id: "),
        ({"image": "a.png", "input_attributes": "{"}, "input_attributes: it is not JSON"),
        ({"image": "a.png", "input_attributes": [1]}, "input_attributes must be a dict"),
        ({"image": "a.png", "reference_images": "gone.png"}, "reference_images: there is no file"),
        ({"image": "a.png", "reference_images": "[1]"}, "reference_images: each must be"),
        ({"image": "a.png", "reference_images": [{"image": "a.png", "role": "x"}]}, "reference_images: each must be"),
        ({"image": "a.png", "reference_images": [{"kind": "x"}]}, "reference_images: each must be"),
        ({"image": "a.png", "item_id": "\ud800"}, "item_id must be text"),
        ({"image": "a.png", "item_id": f"{URL}?a"}, "item_id: "),
        ({"image": "a.png", "idempotency_key": " "}, "idempotency_key must be"),
    ],
)
def test_row_that_cannot_be_used_names_its_column(folder: Path, values: dict[str, Any], problem: str) -> None:
    with pytest.raises(RowError) as caught:
        request(folder, values)
    assert str(caught.value).startswith(problem)


def test_row_without_a_task_type_names_the_option(folder: Path) -> None:
    with pytest.raises(RowError, match="task_type: there is none; fill the column or pass --task-type"):
        Columns(folder, {}, {}, ()).request({"image": "a.png"})


def test_image_data_needs_an_item_id(folder: Path) -> None:
    data = f"data:image/png;base64,{b64encode(PICTURE).decode()}"
    with pytest.raises(RowError, match="^item_id: there is none, and image data cannot stand for one"):
        request(folder, {"image": data})
    assert request(folder, {"image": data, "item_id": "1"}).image == data
