from __future__ import annotations

import io
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from runflow_client.cli.base.statuses import CommandError
from runflow_client.cli.manifests.columns import FIELDS, Columns
from runflow_client.cli.manifests.manifest import Manifest
from runflow_client.cli.manifests.sources import FileSource, Row

URL = "https://images.example.com"
GUIDE = Path(__file__).parents[4] / "docs" / "command-line.md"


def manifest(content: str) -> Manifest:
    source = FileSource(io.BytesIO(content.encode()), "m.csv", Path(), "csv")
    return Manifest(source, Columns(Path(), {"task_type": "headshot"}, {}, ()))


@pytest.mark.parametrize(("start", "kind"), [("image,", "csv"), ('{"image"', "jsonl")])
def test_sample_of_the_guide_can_be_read(tmp_path: Path, start: str, kind: str) -> None:
    [sample] = re.findall(rf"```\w+\n({start}.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    for name in re.findall(r"[a-z/]+\.png", sample.replace("https://images.example.com/c.png", "")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"picture")
    source = FileSource(io.BytesIO(sample.encode()), "m", tmp_path, kind)
    found = Manifest(source, Columns(tmp_path, {}, {}, ()))
    assert (found.check(), len(found)) == ((0, [], 0), len(sample.splitlines()) - (kind == "csv"))


@pytest.mark.parametrize("field", FIELDS)
def test_guide_has_a_row_for_each_column(field: str) -> None:
    rows = [line for line in GUIDE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert any(f"`{field}`" in row.split("|")[1] for row in rows)


def test_checked_manifest_has_a_length_and_its_requests() -> None:
    found = manifest(f"image\n{URL}/a\n{URL}/b\n")
    assert found.check() == (0, [], 0)
    assert len(found) == 2
    assert [request.item_id for request in found] == [f"{URL}/a", f"{URL}/b"]


def test_every_bad_row_is_named_with_its_line() -> None:
    number, lines, _ = manifest(
        f"image,job_class\ngone.png,\n{URL}/a,\n{URL}/b,{'x' * 51}\n{URL}/a,\n{URL}/c\n"
    ).check()
    assert number == 4
    assert [line.partition(" ")[0] for line in lines] == ["m.csv:2:", "m.csv:4:", "m.csv:5:", "m.csv:6:"]
    assert lines[2] == f"m.csv:5: item_id: '{URL}/a' stands in line 3 too; give each row an item_id of its own"


def test_unknown_column_is_told_once_at_its_line() -> None:
    number, lines, _ = manifest(f"image,promt\n{URL}/a,x\n{URL}/b,x\n").check()
    assert number == 1
    assert lines[0].startswith("m.csv:1: unknown column 'promt'")


def test_unknown_columns_and_all_problems_are_told_together() -> None:
    number, lines, _ = manifest(f"image,promt,job_class,zzz\n{URL}/a,x,,y\ngone.png,x,{'x' * 51},y\n").check()
    assert number == 4
    assert [line.partition(":")[2][:20] for line in lines] == [
        "1: unknown column 'p",
        "1: unknown column 'z",
        "3: image: there is n",
        "3: job_class: takes ",
    ]


def test_checked_manifest_knows_its_items() -> None:
    found = manifest(f"image\n{URL}/a\n")
    found.check()
    assert (found.has_item(f"{URL}/a"), found.has_item(f"{URL}/b")) == (True, False)


def test_only_the_first_problems_are_kept() -> None:
    number, lines, hidden = manifest("image\n" + "".join(f"gone-{row}.png\n" for row in range(1_100))).check()
    assert (number, len(lines), hidden) == (1_100, 20, 1_080)


def test_problem_of_many_rows_is_told_with_its_first_lines() -> None:
    content = "image,item_id\n" + "".join(f"{URL}/{row},same\n" for row in range(50)) + "gone.png,other\n"
    number, lines, hidden = manifest(content).check()
    assert (number, hidden) == (50, 0)
    assert [line.partition(" ")[0] for line in lines] == ["m.csv:3:", "m.csv:4:", "m.csv:5:", "m.csv:52:", "m.csv:"]
    assert lines[-1].startswith("m.csv: 46 more rows: item_id: 'same' stands in line 2 too")


def test_item_of_a_row_with_another_problem_counts() -> None:
    number, lines, _ = manifest(f"image,job_class\ngone.png,\ngone.png,\n{URL}/a,{'x' * 51}\n{URL}/a,\n").check()
    assert number == 5
    assert [line.partition(" ")[0] for line in lines if "stands in line" in line] == ["m.csv:3:", "m.csv:5:"]


@pytest.mark.parametrize("row", [Row(2, {}, "it is gone"), Row(2, {"image": "gone.png"})])
def test_manifest_that_changes_meanwhile_ends_the_batch(row: Row) -> None:
    class Changed:
        name, folder = "m.csv", Path()

        def rows(self) -> Iterator[Row]:
            yield row

    found = Manifest(Changed(), Columns(Path(), {"task_type": "headshot"}, {}, ()))
    with pytest.raises(CommandError, match="m.csv:2: .* was changed while it was read"):
        list(found)


def test_memory_does_not_grow_with_the_rows() -> None:
    def peak(count: int) -> int:
        found = manifest("image\n" + "".join(f"{URL}/{number}\n" for number in range(count)))
        tracemalloc.start()
        found.check()
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10)
    assert peak(6_000) < 2 * peak(2_000)
