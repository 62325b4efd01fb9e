from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runflow_client.cli.base.statuses import CommandError
from runflow_client.cli.manifests import sources
from runflow_client.cli.manifests.sources import FileSource, FolderSource, Row, open_source


def rows(content: bytes | str, name: str = "m.csv", kind: str | None = None) -> list[Row]:
    data = content.encode() if isinstance(content, str) else content
    return list(FileSource(io.BytesIO(data), name, Path(), kind).rows())


def test_csv_rows_have_the_line_in_which_they_begin() -> None:
    content = 'image,generation_prompt\na.png,"one\ntwo"\n\nb.png,three\n'
    assert rows(content) == [
        Row(2, {"image": "a.png", "generation_prompt": "one\ntwo"}, head=1),
        Row(5, {"image": "b.png", "generation_prompt": "three"}, head=1),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_delimiter_is_that_of_the_first_line(delimiter: str) -> None:
    content = f"image{delimiter}task_type\r\na.png{delimiter}headshot\r\n"
    assert rows(content) == [Row(2, {"image": "a.png", "task_type": "headshot"}, head=1)]


def test_csv_cells_without_text_are_left_out() -> None:
    assert rows("image,run_id\na.png, \n")[0].values == {"image": "a.png"}


def test_csv_may_begin_with_a_byte_order_mark() -> None:
    assert rows(b"\xef\xbb\xbfimage\na.png\n")[0].values == {"image": "a.png"}


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("", 1, "it is empty"),
        ("image,image\na,b\n", 1, "'image' is there twice"),
        ("image,\na,b\n", 1, "a column has no name"),
        ("image,task_type\na.png\n", 2, "1 values for 2 columns"),
        ("image\na.png\nb.png,c\n", 3, "2 values for 1 columns"),
        (b"image\na.png\n\xff\n", 3, "not UTF-8"),
        (b"image\xff\na.png\n", 1, "not UTF-8"),
        ('image\n"' + "x" * 16_000_001 + '"\n', 2, "cannot be read as CSV"),
    ],
)
def test_csv_that_cannot_be_read_names_the_line(content: bytes | str, line: int, problem: str) -> None:
    open_source("-", None, io.BytesIO(), None)  # sets the longest cell
    found = rows(content)[-1]
    assert found.problem is not None and problem in found.problem
    assert found.line == line


def test_json_rows_leave_out_null_and_empty_lines() -> None:
    content = '{"image": "a.png", "run_id": null}\n\n{"image": "b.png", "input_attributes": {"a": 1}}\n'
    assert rows(content, "m.jsonl") == [
        Row(1, {"image": "a.png"}),
        Row(3, {"image": "b.png", "input_attributes": {"a": 1}}),
    ]


@pytest.mark.parametrize("line", ["[1]", "{", '"a"', "[" * 100_000])
def test_json_line_that_is_no_object_is_a_problem(line: str) -> None:
    [row] = rows(line, "m.ndjson")
    assert row.problem == "it is no JSON object on one line"


def test_json_line_that_is_not_utf8_is_named() -> None:
    first, second = rows(b'{"image": "a.png"}\n{"image": "\xff"}\n', "m.jsonl")
    assert first.problem is None
    assert (second.line, second.problem) == (2, "it is not UTF-8: save the file as UTF-8")


def test_paths_are_one_a_line() -> None:
    assert rows("a b.png\r\n\nc,d.png", "-", "paths") == [Row(1, {"image": "a b.png"}), Row(3, {"image": "c,d.png"})]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("stdin", '  {"image": "a.png"}', {"image": "a.png"}),
        ("stdin", "image\na.png", {"image": "a.png"}),
        ("m.tsv", "image\trun_id\na.png\t1", {"image": "a.png", "run_id": "1"}),
        ("m.data", '\ufeff{"image": "a.png"}', {"image": "a.png"}),
    ],
)
def test_kind_is_told_by_name_or_first_letter(name: str, content: str, expected: dict[str, str]) -> None:
    assert rows(content, name)[0].values == expected


@given(st.binary(max_size=300), st.sampled_from(["csv", "jsonl", "paths"]))
def test_any_bytes_are_rows_or_problems(content: bytes, kind: str) -> None:
    for row in rows(content, "m", kind):
        assert row.line >= 1
        assert bool(row.problem) != bool(row.values) or row.problem is None


def test_rows_can_be_read_again() -> None:
    source = FileSource(io.BytesIO(b"image\na.png\nb.png\n"), "m.csv", Path(), None)
    first = iter(source.rows())
    next(first)
    assert len(list(source.rows())) == len(list(source.rows())) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
def test_pipe_is_copied_so_that_it_can_be_read_again(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"image\na.png\n")
    os.close(writer)
    with open(reader, "rb") as pipe:
        source = open_source("-", None, pipe, None)
        assert len(list(source.rows())) == len(list(source.rows())) == 1
        source.close()


def test_folder_rows_are_its_images_in_order(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpeg", "notes.txt", ".hidden.png", "sub/c.webp", "sub/.d/e.png", "sub.png/f.gif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [row.values["image"] for row in FolderSource(tmp_path).rows()] == [
        "a.jpeg",
        "b.PNG",
        "sub/c.webp",
        "sub.png/f.gif",
    ]


def test_file_name_that_is_not_utf8_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_images", lambda folder: iter(["a.png", "b\udcff.png"]))
    assert list(FolderSource(tmp_path).rows()) == [
        Row(1, {"image": "a.png"}),
        Row(2, {}, "the name of 'b .png' is not UTF-8: rename the file"),
    ]


def test_paths_are_relative_to_the_manifest_or_the_named_folder(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("image\n")
    for images, folder in ((None, tmp_path), (Path("other"), Path("other"))):
        source = open_source(str(tmp_path / "m.csv"), None, io.BytesIO(), images)
        source.close()
        assert source.folder == folder
    assert open_source("-", None, io.BytesIO(), None).folder == Path()
    source = open_source(str(tmp_path), None, io.BytesIO(), None)
    assert source.folder == tmp_path
    source.close()


def test_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no file and no folder"):
        open_source(str(tmp_path / "gone"), None, io.BytesIO(), None)
