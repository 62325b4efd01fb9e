from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from commands import PICTURE, QUICK, Console, start

from runflow_client import open_journal
from runflow_client.batch.journals.stored.journal import StoredJournal
from runflow_client.sandbox import Sandbox, SandboxServer
from runflow_client.sandbox.faults import refuse

URL = "https://images.example.com"


@pytest.fixture
def photos(folder: Path) -> Path:
    for name in ("a.png", "b.png", "sub/c.png"):
        (folder / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "photos" / name).write_bytes(PICTURE)
    return folder / "photos"


def manifest(folder: Path, *numbers: int, name: str = "shots.csv", column: str = "image") -> str:
    (folder / name).write_text(f"{column}\n" + "".join(f"{URL}/{number}\n" for number in numbers))
    return name


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_folder_is_evaluated_with_a_journal_beside_it(runflow: Console, photos: Path, folder: Path) -> None:
    done = runflow("batch", "photos", "--task-type", "headshot", "-o", "r.jsonl", *QUICK)
    assert (done.status, done.out) == (0, "")
    assert done.err.splitlines()[-2:] == [
        "3 items: 3 passed, 0 rejected, 0 failed; 0.15 credits spent.",
        "To look at it: runflow report photos.journal.db --images photos",
    ]
    assert {line["item_id"] for line in lines(folder / "r.jsonl")} == {"a.png", "b.png", "sub/c.png"}
    journal = open_journal(folder / "photos.journal.db")
    assert journal.totals("default").passed == 3
    journal.close()


def test_second_run_asks_nothing_and_repeats_no_line(runflow: Console, folder: Path) -> None:
    command = ("batch", manifest(folder, 1, 2), "--task-type", "headshot", "-o", "r.jsonl", *QUICK)
    runflow(*command)
    first = (folder / "r.jsonl").read_bytes()
    done = runflow(*command)
    assert (done.status, runflow.sandbox.evaluations) == (0, 2)
    assert (folder / "r.jsonl").read_bytes() == first


def test_second_run_goes_on_with_added_rows(runflow: Console, folder: Path) -> None:
    for numbers in ((1, 2), (1, 2, 3)):
        runflow("batch", manifest(folder, *numbers), "--task-type", "headshot", "-o", "r.csv", *QUICK)
    assert runflow.sandbox.evaluations == 3
    with (folder / "r.csv").open() as file:
        assert [row["outcome"] for row in csv.DictReader(file)] == ["passed"] * 3


def test_lost_results_file_is_written_again_from_the_journal(runflow: Console, folder: Path) -> None:
    command = ("batch", manifest(folder, 1, 2), "--task-type", "headshot", "-o", "r.jsonl", *QUICK)
    runflow(*command)
    (folder / "r.jsonl").unlink()
    runflow(*command)
    assert (len(lines(folder / "r.jsonl")), runflow.sandbox.evaluations) == (2, 2)


@pytest.mark.parametrize("output", ["r.jsonl", "r.csv"])
def test_results_of_another_batch_are_replaced(runflow: Console, folder: Path, output: str) -> None:
    command = ("batch", manifest(folder, 1, 2), "--task-type", "headshot", "-o", output, *QUICK)
    runflow(*command)
    runflow.sandbox.outcomes.decide = lambda submission: "rejected"
    other = (*command, "--journal", "other.db")
    assert runflow(*other).status == 1
    written = (folder / output).read_text()
    assert ("rejected" in written, "passed" in written) == (True, False)
    assert len(written.splitlines()) == 2 + output.endswith("csv")
    runflow(*other)
    assert (folder / output).read_text() == written


def test_lines_of_items_that_the_manifest_lacks_are_told(runflow: Console, folder: Path) -> None:
    command = ("batch", "shots.csv", "--task-type", "headshot", "-o", "r.jsonl", *QUICK)
    manifest(folder, 1, 2)
    assert "keeps the lines" not in runflow(*command).err
    manifest(folder, 2, 3)
    done = runflow(*command)
    assert (
        done.err.splitlines()[0] == "r.jsonl keeps the lines of 1 item that is not in shots.csv; -o names another file"
    )
    assert len(lines(folder / "r.jsonl")) == 3


def test_results_go_to_stdout_without_a_file(runflow: Console, folder: Path) -> None:
    done = runflow("batch", manifest(folder, 1, 2), "--task-type", "headshot", "--json", *QUICK)
    assert sorted(record["item_id"] for record in done.records) == [f"{URL}/1", f"{URL}/2"]
    assert "evaluation" not in done.records[0]
    done = runflow("batch", "shots.csv", "--task-type", "headshot", "--full", "--json", *QUICK)
    assert done.records[0]["evaluation"]["overall_passed"] is True
    done = runflow("batch", "shots.csv", "--task-type", "headshot", *QUICK)
    assert [line.split()[0] for line in done.out.splitlines()] == ["passed", "passed"]


def test_exit_status_is_the_largest_of_all_items(runflow: Console, folder: Path) -> None:
    outcomes = {f"{URL}/1": "passed", f"{URL}/2": "rejected", f"{URL}/3": "failed"}
    runflow.sandbox.outcomes.decide = lambda submission: outcomes[submission.image]
    for numbers, status in (((1,), 0), ((1, 2), 1), ((1, 2, 3), 2)):
        assert runflow("batch", manifest(folder, *numbers), "--task-type", "headshot", *QUICK).status == status


def test_failed_items_are_told_with_code_and_advice(runflow: Console, folder: Path) -> None:
    runflow.sandbox.outcomes.decide = lambda submission: "failed"
    done = runflow("batch", manifest(folder, 1), "--task-type", "headshot", *QUICK)
    [code] = [line for line in done.err.splitlines() if f"first {URL}/1" in line]
    assert code.startswith("  1 x ") and "--retry-failed submits failed items again" in done.err
    assert "fails again" not in done.err


def test_broken_file_is_told_to_fail_again(runflow: Console, folder: Path) -> None:
    runflow.sandbox.outcomes.decide = None
    (folder / "photos").mkdir()
    (folder / "photos" / "broken.png").write_bytes(PICTURE[:40])
    done = runflow("batch", "photos", "--task-type", "headshot", *QUICK)
    assert "  1 x invalid_media, first broken.png" in done.err.splitlines()
    assert "The same file fails again with invalid_media" in done.err
    assert "--retry-failed" not in done.err


def test_item_with_other_content_is_told_as_options(runflow: Console, photos: Path) -> None:
    runflow("batch", "photos", "--task-type", "headshot", *QUICK)
    done = runflow("batch", "photos", "--task-type", "ad_creative", *QUICK)
    assert (done.status, runflow.sandbox.evaluations) == (3, 3)
    assert "--batch-id NAME or --journal FILE makes a batch of its own" in done.err
    assert "another item_id has this row judged anew" in done.err
    assert "tries items with an error again" not in done.err and "batch_id" not in done.err


@pytest.mark.parametrize("output", ["r.jsonl", "r.csv"])
def test_refusal_of_other_content_leaves_the_verdicts(
    runflow: Console, photos: Path, folder: Path, output: str
) -> None:
    runflow("batch", "photos", "--task-type", "headshot", "-o", output, *QUICK)
    before = (folder / output).read_bytes()
    done = runflow("batch", "photos", "--task-type", "product", "-o", output, *QUICK)
    assert (done.status, (folder / output).read_bytes()) == (3, before)
    assert "  3 x InvalidRequestError, first " in done.err
    assert f"{output} keeps what it has of 3 items: this run has no outcome to replace it with" in done.err


def test_image_as_the_source_is_refused(runflow: Console) -> None:
    done = runflow("batch", "photo.png", "--task-type", "headshot")
    assert (done.status, done.err) == (
        3,
        "runflow: 'photo.png' is an image: use `runflow evaluate`; nothing was sent\n",
    )


@pytest.mark.parametrize("source", [("photos",), ("-", "--format", "paths")])
def test_missing_task_type_is_told_once(runflow: Console, photos: Path, source: tuple[str, ...]) -> None:
    done = runflow("batch", *source)
    assert (done.status, done.err.count("\n")) == (3, 1)
    assert "needs --task-type TYPE" in done.err


def test_rows_of_stdin_are_evaluated(runflow: Console, folder: Path) -> None:
    done = runflow(
        *("batch", "-", "--format", "paths", "--task-type", "headshot", "--json", *QUICK),
        stdin=b"photo.png\n./photo.png\n",
    )
    assert {record["item_id"] for record in done.records} == {"photo.png", "./photo.png"}
    assert (folder / "batch.journal.db").exists()


def test_bad_rows_are_named_before_anything_is_sent(runflow: Console, folder: Path) -> None:
    (folder / "shots.csv").write_text(f"image,promt\n{URL}/1,x\ngone.png,x\n")
    done = runflow("batch", "shots.csv", "--task-type", "headshot", "--ignore-column", "promt")
    assert (done.status, done.out) == (3, "")
    assert done.err.splitlines() == [
        "shots.csv:3: image: there is no file 'gone.png': name a file, or an https:// address",
        "runflow: 1 problem in 2 rows: nothing was sent; correct them first",
    ]
    done = runflow("batch", "shots.csv", "--task-type", "headshot")
    assert done.err.startswith("shots.csv:1: unknown column 'promt': did you mean 'generation_prompt'?")
    (folder / "shots.csv").write_text("image\n" + "".join(f"gone-{row}.png\n" for row in range(30)))
    assert "(10 more are not shown)" in runflow("batch", "shots.csv", "--task-type", "headshot").err
    assert runflow.sandbox.requests == []
    assert not (folder / "shots.journal.db").exists()


def test_paths_are_relative_to_the_named_folder(runflow: Console, photos: Path, folder: Path) -> None:
    (folder / "shots.csv").write_text("image\na.png\n")
    assert runflow("batch", "shots.csv", "--task-type", "headshot", *QUICK).status == 3
    assert runflow("batch", "shots.csv", "--task-type", "headshot", "--images", "photos", *QUICK).status == 0


def test_columns_can_be_mapped(runflow: Console, folder: Path) -> None:
    name = manifest(folder, 1, column="file")
    done = runflow("batch", name, "--column", "image=file", "--task-type", "headshot", *QUICK)
    assert done.status == 0
    for wrong in ("image", "nothing=file", "image="):
        done = runflow("batch", name, "--column", wrong, "--task-type", "headshot")
        assert done.status == 3 and "does not name a field and its column" in done.err


@pytest.mark.parametrize("source", ["empty", "-"])
def test_source_without_images_is_refused(runflow: Console, folder: Path, source: str) -> None:
    (folder / "empty").mkdir()
    done = runflow("batch", source, "--format", "paths", "--task-type", "headshot")
    assert done.status == 3
    assert "there are no images in" in done.err


def test_dry_run_estimates_and_submits_nothing(runflow: Console, folder: Path) -> None:
    command = ("batch", manifest(folder, 1, 2), "--task-type", "headshot")
    done = runflow(*command, "--dry-run")
    assert (done.status, runflow.sandbox.evaluations) == (0, 0)
    assert "at most 0.10 credits" in done.out and "0 ended" in done.out
    assert not (folder / "shots.journal.db").exists()
    runflow(*command, *QUICK)
    manifest(folder, 1, 2, 3)
    [estimate] = runflow(*command, "--dry-run", "--json").records
    assert (estimate["items"], estimate["left"], estimate["price"]) == (3, 1, "0.05")
    assert estimate["journal"] == {"ended": 2, "in_progress": 0, "unknown": 0, "spent": "0.10"}
    runflow.sandbox.faults.always(refuse(403), on=("GET", "/v1/evaluations/job-classes"))
    assert "unknown; pass --price" in runflow(*command, "--dry-run").out
    assert "at most 0.25 credits" in runflow(*command, "--dry-run", "--price", "0.25").out


def test_dry_run_counts_what_is_in_progress_or_failed(runflow: Console, folder: Path) -> None:
    runflow.sandbox.outcomes.decide = lambda submission: "failed" if submission.image.endswith("/1") else None
    command = ("batch", manifest(folder, 1, 2, 3), "--task-type", "headshot")
    runflow(*command, "--shard", "1/3", *QUICK)
    runflow.sandbox.faults.always(refuse(503), on=("GET", "/v1/evaluations/*-*-*-*-*"))
    assert runflow(*command, "--shard", "2/3", "--timeout", "0.2", *QUICK).status == 2
    told = runflow(*command, "--dry-run").out
    assert "1 ended, 1 in progress" in told and "at most 0.05 credits" in told
    assert "at most 0.10 credits" in runflow(*command, "--dry-run", "--retry-failed").out
    assert runflow(*command, "--dry-run", "--shard", "2/3", "--json").records[0]["left"] == 0
    assert runflow(*command, "--dry-run", "--shard", "3/2").status == 3


def test_dry_run_tells_what_the_budget_is_enough_for(runflow: Console, folder: Path) -> None:
    command = ("batch", manifest(folder, 1, 2, 3), "--task-type", "headshot")
    assert "enough for 2 of 3 items left" in runflow(*command, "--dry-run", "--budget", "0.14").out
    assert "enough for 3 of 3 items left" in runflow(*command, "--dry-run", "--budget", "0.15").out
    runflow(*command, "--budget", "0.05", *QUICK)
    assert "enough for 1 of 2 items left" in runflow(*command, "--dry-run", "--budget", "0.10").out
    assert runflow(*command, "--dry-run", "--budget", "0.05", "--json").records[0]["within_budget"] == 0
    runflow.sandbox.faults.always(refuse(403), on=("GET", "/v1/evaluations/job-classes"))
    assert runflow(*command, "--dry-run", "--budget", "1").out.endswith("unknown; pass --price\n")


def test_shards_of_one_journal_are_one_batch(runflow: Console, folder: Path) -> None:
    name = manifest(folder, 1, 2, 3)
    for shard in ("1/2", "2/2"):
        output = f"r{shard[0]}.jsonl"
        runflow("batch", name, "--task-type", "headshot", "--shard", shard, "-o", output, *QUICK)
    found = Counter(str(line["item_id"]) for output in ("r1", "r2") for line in lines(folder / f"{output}.jsonl"))
    assert found == {f"{URL}/{number}": 1 for number in (1, 2, 3)}
    refused = runflow("batch", name, "--task-type", "headshot", "--shard", "3/2")
    assert refused.status == 3 and "shard must be" in refused.err


def test_items_beyond_the_budget_are_left_for_a_larger_one(runflow: Console, folder: Path) -> None:
    command = ("batch", manifest(folder, 1, 2, 3), "--task-type", "headshot", "-o", "r.jsonl", *QUICK)
    done = runflow(*command, "--budget", "0.10")
    assert (done.status, runflow.sandbox.evaluations, len(lines(folder / "r.jsonl"))) == (2, 2, 2)
    assert "1 item did not fit into --budget" in done.err
    done = runflow(*command, "--budget", "1")
    assert (done.status, runflow.sandbox.evaluations, len(lines(folder / "r.jsonl"))) == (0, 3, 3)
    assert runflow(*command, "--budget", "much").status == 3


def test_item_with_an_error_has_one_line_in_the_end(runflow: Console, folder: Path) -> None:
    (folder / "photo.png").write_text("not an image")
    (folder / "shots.csv").write_text(f"image\nphoto.png\n{URL}/1\n")
    command = ("batch", "shots.csv", "--task-type", "headshot", "-o", "r.jsonl", *QUICK)
    done = runflow(*command)
    assert done.status == 3
    assert "1 x InvalidRequestError, first photo.png: " in done.err
    assert "tries items with an error again" in done.err
    assert sorted(str(line["outcome"]) for line in lines(folder / "r.jsonl")) == ["error", "passed"]
    (folder / "photo.png").write_bytes(PICTURE)
    assert runflow(*command).status == 0
    assert [line["outcome"] for line in lines(folder / "r.jsonl")] == ["passed", "passed"]


@pytest.mark.parametrize("status", [401, 402, 403])
def test_refusal_that_all_items_would_meet_ends_the_run(runflow: Console, folder: Path, status: int) -> None:
    runflow.sandbox.faults.always(refuse(status), on=("POST", "/v1/evaluations"))
    command = ("batch", manifest(folder, *range(15)), "--task-type", "headshot", "--in-flight", "2", *QUICK)
    done = runflow(*command)
    posts = [request for request in runflow.sandbox.requests if request.method == "POST"]
    assert done.status == 3 and len(posts) < 10
    cause, summary, way_on, typed = done.err.splitlines()
    assert cause.startswith("runflow: ") and summary.startswith("Stopped after 1 of 15 items")
    assert "in progress" not in summary
    assert way_on == "To go on:" and typed.startswith("  runflow batch shots.csv --task-type headshot")
    runflow.sandbox.faults.clear()
    assert runflow(*command).status == 0
    assert runflow.sandbox.evaluations == 15


def test_help_names_both_forms_of_a_journal(runflow: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert "--journal FILE|URL" in (text := runflow("batch", "--help").out) and "a postgresql:// address" in text


def test_client_ref_of_an_item_is_its_id(runflow: Console, photos: Path, folder: Path) -> None:
    runflow("batch", "photos", "--task-type", "headshot", "-o", "r.jsonl", *QUICK)
    records = lines(folder / "r.jsonl")
    assert [record["client_ref"] for record in records] == [record["item_id"] for record in records]
    done = runflow("get", str(records[0]["evaluation_id"]), "--json")
    assert done.records[0]["client_ref"] == records[0]["item_id"]


def test_end_of_one_shard_tells_what_the_batch_has_cost(runflow: Console, folder: Path) -> None:
    command = ("batch", manifest(folder, *range(4)), "--task-type", "headshot", *QUICK)
    assert "The whole batch" not in runflow(*command, "--shard", "1/2").err
    done = runflow(*command, "--shard", "2/2")
    whole = "The whole batch, by its journal: 4 items: 4 passed, 0 rejected, 0 failed; 0.20 credits spent."
    assert done.err.splitlines()[:2] == ["2 items: 2 passed, 0 rejected, 0 failed; 0.10 credits spent.", whole]


def test_reader_that_goes_leaves_the_totals_of_the_journal(
    runflow: Console, server: SandboxServer, folder: Path
) -> None:
    command = ("batch", manifest(folder, *range(6)), "--task-type", "headshot", *QUICK)
    runflow(*command)
    process = start(server, command, cwd=folder)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()  # long before the first result
    summary = process.stderr.readline()
    process.stderr.close()
    assert process.wait() == 3
    assert summary == "Stopped after 6 of 6 items: 6 passed, 0 rejected, 0 failed; 0.30 credits spent.\n"


def test_wrong_key_is_told_alone(runflow: Console, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFLOW_API_KEY", "rf_wrong")
    done = runflow("batch", manifest(folder, 1, 2), "--task-type", "headshot", *QUICK)
    [cause] = done.err.splitlines()
    assert done.status == 3 and "RUNFLOW_API_KEY is not accepted" in cause


def test_journal_of_another_batch_can_be_shared_by_id(runflow: Console, folder: Path) -> None:
    for name in ("one", "two"):
        runflow(
            *(
                "batch",
                manifest(folder, 1),
                "--task-type",
                "headshot",
                "--journal",
                "all.db",
                "--batch-id",
                name,
                *QUICK,
            )
        )
    assert runflow.sandbox.evaluations == 2


def test_batch_of_another_account_names_the_option(
    runflow: Console, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("batch", manifest(folder, 1), "--task-type", "headshot", *QUICK)
    runflow(*command)
    with SandboxServer(Sandbox()) as again:
        monkeypatch.setenv("RUNFLOW_BASE_URL", again.url)
        done = runflow(*command)
        assert again.sandbox.evaluations == 0
    [cause] = done.err.splitlines()
    assert done.status == 3 and cause.endswith("name a new journal with --journal FILE; nothing was sent")


def test_foreign_results_file_is_refused_before_a_submit(runflow: Console, folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    done = runflow("batch", manifest(folder, 1), "--task-type", "headshot", "-o", "notes.txt")
    assert done.status == 3 and "nothing was written to it" in done.err
    assert (folder / "notes.txt").read_text() == "mine"
    assert runflow.sandbox.evaluations == 0


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("gone/r.jsonl", "No such file or directory; name a file that exists, or a new one in a folder that exists"),
        ("photo.png/r.jsonl", "Not a directory; name a file in a folder that exists"),
        ("folder.jsonl", "Is a directory; name a file, not a folder"),
    ],
)
def test_results_file_that_cannot_be_made_is_told(runflow: Console, folder: Path, output: str, told: str) -> None:
    (folder / "folder.jsonl").mkdir()
    done = runflow("batch", manifest(folder, 1), "--task-type", "headshot", "-o", output)
    assert (done.status, done.err) == (3, f"runflow: '{output}': {told}\n")
    assert runflow.sandbox.evaluations == 0


def test_failed_items_are_submitted_again_only_if_asked(runflow: Console, folder: Path) -> None:
    command = ("batch", manifest(folder, 1, 2), "--task-type", "headshot", "-o", "r.jsonl", *QUICK)
    runflow.sandbox.outcomes.extend(["failed", "failed"])
    runflow.sandbox.outcomes.decide = lambda submission: "passed" if submission.image.endswith("/1") else None
    assert runflow(*command, "--retry-failed").err.splitlines()[0] == "0 failed items to submit again"
    assert runflow(*command).status == 2
    assert runflow.sandbox.evaluations == 2
    runflow.sandbox.outcomes.decide = lambda submission: "passed"
    done = runflow(*command, "--retry-failed")
    assert (done.status, runflow.sandbox.evaluations) == (0, 3)
    assert done.err.splitlines()[0] == "1 failed item to submit again"
    assert sorted(str(line["item_id"]) for line in lines(folder / "r.jsonl")) == [f"{URL}/1", f"{URL}/2"]
    assert [line["outcome"] for line in lines(folder / "r.jsonl")] == ["passed", "passed"]


def test_retry_that_ends_before_its_first_outcome_loses_no_line(
    runflow: Console, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("batch", manifest(folder, 1), "--task-type", "headshot", "-o", "r.jsonl", *QUICK)
    runflow.sandbox.outcomes.decide = lambda submission: "failed"
    assert runflow(*command).status == 2
    with monkeypatch.context() as patch:
        patch.setattr(StoredJournal, "retry_failed", lambda *ignored: 1 / 0)
        assert runflow(*command, "--retry-failed").status == 3
    assert (folder / "r.jsonl").read_bytes() == b""
    assert runflow(*command).status == 2
    assert [line["outcome"] for line in lines(folder / "r.jsonl")] == ["failed"]
    assert runflow.sandbox.evaluations == 1
