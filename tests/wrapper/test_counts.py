"""Counts that no machine changes: modules, requests, models, objects and copies. A regression fails without a clock."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from executed import functions_of, opcodes_of
from rawserver import RawServer, answering, http

from runflow_api.models.evaluation import Evaluation as GeneratedEvaluation
from runflow_client import Evaluation, PollPolicy, Runflow, events
from runflow_client.runtime.transport.bodies import CHUNK
from runflow_client.sandbox import Sandbox, sharp_picture
from scripts.measure.bench.documents import documents

PRELUDE = "import sys; before = set(sys.modules)\n"
PRINT = "\nprint(*sorted(set(sys.modules) - before))"
CLIENT = "from runflow_client import Runflow; client = Runflow('rf_x', base_url='http://127.0.0.1:9')"
HEAVY = {"asyncio", "attr", "dateutil", "h11", "hashlib", "httpcore", "httpx", "logging", "ssl", "uuid"}


def loaded_by(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PRELUDE + code + PRINT], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.startswith(("runflow_client", "runflow_api"))}


def test_first_client_loads_few_modules() -> None:
    loaded = loaded_by(CLIENT)
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith("runflow_api.models.")}
    assert len(ours(loaded)) <= 36, sorted(ours(loaded))


def test_tls_context_loads_no_http_library() -> None:
    context = (
        "from runflow_client.runtime.transport.connections.tls import trusted_certificates; trusted_certificates()"
    )
    assert not loaded_by(f"{CLIENT}\n{context}") & (HEAVY - {"ssl"})


def test_evaluations_load_neither_batches_nor_uploads() -> None:
    loaded = loaded_by(f"{CLIENT}\nclient.evaluations")
    assert not loaded & (HEAVY - {"attr", "uuid"})
    assert not {name for name in loaded if name.startswith(("runflow_client.batch.", "runflow_client.flows.assets"))}
    assert not {name for name in loaded if name.startswith("runflow_client.runtime.files")}
    assert len(ours(loaded)) <= 70, sorted(ours(loaded))


def after_a_call(answers: tuple[bytes, ...], hooks: str = "[]") -> subprocess.CompletedProcess[str]:
    """What a process prints that makes one call and says whether logging was loaded."""
    with RawServer(answering(*answers)) as server:
        options = f"base_url={server.url!r}, hooks={hooks}"
        code = f"from runflow_client import Runflow\nwith Runflow('rf_x', {options}) as client:\n  "
        code += "client.account.health()\nimport sys; print('logging' in sys.modules)"
        return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)


@pytest.mark.parametrize("hooks", ["[]", "[lambda event: None]"])
def test_call_without_warning_loads_no_logging(hooks: str) -> None:
    done = after_a_call((http(200, b"{}"),), hooks)
    assert (done.stdout.strip(), done.stderr) == ("False", "")


def test_retry_without_logging_set_up_is_printed() -> None:
    done = after_a_call((http(503), http(200, b"{}")))
    assert done.stdout.strip() == "True"
    assert "get_health: attempt 1 of 5 failed: the server responded with 503" in done.stderr


def test_lazy_package_has_no_other_names() -> None:
    from runflow_client import batch
    from runflow_client.client import resources

    for package, name in ((batch, "AsyncBatch"), (resources, "Assets")):
        assert getattr(package, name) is vars(package)[name]
        with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'nonsense'"):
            package.nonsense


def test_tls_context_is_made_once_a_process() -> None:
    from runflow_client.runtime.transport.connections.tls import trusted_certificates

    assert trusted_certificates() is trusted_certificates()


def test_one_evaluation_sends_its_submit_and_its_polls() -> None:
    sandbox = Sandbox(evaluation_seconds=9)
    with sandbox.client() as client:
        client.evaluations.evaluate(sharp_picture(), "headshot", poll=PollPolicy(first=4, then=3, longest=3))
    assert [request.method for request in sandbox.requests] == ["POST", "GET", "GET", "GET"]


def test_wait_makes_only_the_models_that_callers_get(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Evaluation] = []
    original = GeneratedEvaluation.from_dict.__func__

    def counting(cls: Any, src: Any) -> Any:
        made.append(original(cls, src))
        return made[-1]

    monkeypatch.setattr(GeneratedEvaluation, "from_dict", classmethod(counting))
    with Sandbox(evaluation_seconds=60).client() as client:
        pending = client.evaluations.submit(sharp_picture(), "headshot")
        made.clear()
        assert client.evaluations.wait(pending) is made[0]
        assert len(made) == 1
        made.clear()
        shown: list[Evaluation] = []
        assert client.evaluations.wait(pending, on_update=shown.append) is made[0]
        assert len(made) == 1
        assert shown[1] is made[0]


def test_copy_shares_connections_and_makes_no_driver() -> None:
    with Runflow("rf_x", base_url="http://127.0.0.1:9") as client:
        copy = client.with_options(timeout=5)
        assert copy._session._transport is client._session._transport
        assert not {"context", "_driver"} & set(vars(copy._session))


def test_large_file_is_never_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20 * 1_048_576))
    from runflow_client.runtime.files.uploads import open_to_send

    tracemalloc.start()
    upload = open_to_send(path, "source", None, None)
    for _ in upload.chunks(CHUNK):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    upload.close()
    assert peak < 4 * 1_048_576


@pytest.mark.parametrize(("is_at_rest", "times"), [(True, 1), (False, 2)])
def test_uploaded_file_is_read_once_or_compared(is_at_rest: bool, times: int, tmp_path: Path) -> None:
    """A file that changed a moment ago is read before for its checksums, because its time may not show another change."""
    from runflow_client.runtime.files import uploads

    path = tmp_path / "large.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2 * 1_048_576))
    if is_at_rest:
        os.utime(path, (1_000_000_000, 1_000_000_000))
    counted = {"read": 0, "checked": 0}
    reading, checking = uploads._read_up_to, zlib.crc32

    def read(file: Any, size: int, *rest: Any) -> bytes:
        counted["read"] += size
        return reading(file, size, *rest)

    def check(data: bytes) -> int:
        counted["checked"] += len(data)
        return checking(data)

    with pytest.MonkeyPatch.context() as patch, Sandbox().client() as client:
        patch.setattr(uploads, "_read_up_to", read)
        patch.setattr(zlib, "crc32", check)
        client.assets.upload(path)
    size = path.stat().st_size
    assert counted["read"] == 1_024 + times * size, "the first bytes are read once more, for the media type"
    assert counted["checked"] == (0 if is_at_rest else 2 * size)


def test_upload_of_its_own_hashes_no_file() -> None:
    """Its keys are made anew, so that they need no digest of the content."""
    from runflow_client.runtime.files.uploads import open_to_send

    assert open_to_send(b"\x89PNG\r\n\x1a\n", "source", None, None).digest == ""


def test_block_of_file_is_read_without_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(3 * 1_048_576))
    from runflow_client.runtime.files import uploads

    upload = uploads.open_to_send(path, "source", None, None)
    read: list[bytes] = []
    original = uploads._read_up_to

    def recording(*arguments: Any) -> bytes:
        read.append(original(*arguments))
        return read[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads, "_read_up_to", recording)
        block = upload.read_at(0, CHUNK)
    upload.close()
    assert block is read[0]


def test_reading_makes_an_object_for_each_object_of_the_answer() -> None:
    judges = [{"issues": [{}, {}]}, {"issues": [{}]}]
    evaluation = Evaluation.from_dict({"judges": judges, "run": None})
    assert len(evaluation.issues) == 3
    data: dict[str, Any] = {"check_summary": {"a": 1}, "top_issues": ["x"], "generation_prompt": "p" * 100}
    read = Evaluation.from_dict(data)
    for name, value in data.items():  # nothing that stays as it came is copied
        assert getattr(read, name) is value
        assert read.to_dict()[name] is value


def test_null_costs_no_call_when_read_and_written(monkeypatch: pytest.MonkeyPatch) -> None:
    from runflow_api.models import evaluation

    def refuse(value: Any) -> Any:
        raise AssertionError(value)

    nothing = dict.fromkeys(evaluation._FIELDS)
    for name in ("read_datetime", "plain", "plain_list", "plain_time", "_read_evaluation_status"):
        monkeypatch.setattr(evaluation, name, refuse)
    assert Evaluation.from_dict(nothing).to_dict() == nothing


@pytest.mark.parametrize(("document", "most"), [("pending", 350), ("full", 11_000)])
def test_reading_executes_few_instructions(document: str, most: int) -> None:
    """275 and 9,836 on Python 3.11; with a look-up for each field 417 and 12,499."""
    data = documents()[document]
    assert opcodes_of(lambda: Evaluation.from_dict(data)) <= most


@pytest.mark.parametrize(("document", "most"), [("pending", 750), ("full", 25_000)])
def test_writing_executes_few_instructions(document: str, most: int) -> None:
    """624 and 21,760 on Python 3.11."""
    evaluation = Evaluation.from_dict(documents()[document])
    assert opcodes_of(evaluation.to_dict) <= most


def test_fields_are_found_by_the_keys_of_orjson() -> None:
    code = (
        "import orjson\nfrom runflow_api.models import evaluation\n"
        "keys = evaluation._values_of.__reduce__()[1]\n"
        "read = orjson.loads(orjson.dumps(dict.fromkeys(evaluation._FIELDS)))\n"
        "print(keys == tuple(read), sum(ours is theirs for ours, theirs in zip(keys, read)) > 40)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True"]


def test_copy_with_options_executes_few_instructions() -> None:
    """643 on Python 3.11: a copy may be made for each request of a service."""
    with Runflow("rf_x", base_url="http://127.0.0.1:9") as client:
        assert opcodes_of(lambda: client.with_options(timeout=5)) <= 800


def test_call_through_httpx_client_runs_as_many_functions_as_httpx() -> None:
    """288 to 299; 433 when httpx parsed each URL, merged the headers and looked for cookies in an empty jar."""
    url, transport = "http://127.0.0.1:9", httpx.MockTransport(lambda request: httpx.Response(200, content=b"{}"))
    with httpx.Client(transport=transport) as raw, httpx.Client(transport=transport) as given:
        client = Runflow("rf_x", base_url=url, http_client=given)
        alone = functions_of(lambda: raw.get(f"{url}/v1/health").json())
        assert functions_of(client.account.health) <= 1.1 * alone


def test_call_without_hook_or_debug_log_makes_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    from runflow_client.flows.base import retrying

    made: list[events.Event] = []

    def recorded(kind: Any) -> Any:
        def make(*arguments: Any, **named: Any) -> Any:
            made.append(kind(*arguments, **named))
            return made[-1]

        return make

    for kind in (events.RequestStarted, events.RequestFinished):
        monkeypatch.setattr(retrying, kind.__name__, recorded(kind))
    with Sandbox().client() as client:
        client.account.health()
        assert made == []
        client.with_options(hooks=[lambda event: None]).account.health()
    assert len(made) == 2


def test_sandbox_looks_up_no_schema_reference_while_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """References are replaced once; looked up for each request they took two fifths of a GET."""
    from referencing import _core

    looked_up: list[str] = []
    original = _core.Resolver.lookup

    def lookup(self: Any, ref: str) -> Any:
        looked_up.append(ref)
        return original(self, ref)

    monkeypatch.setattr(_core.Resolver, "lookup", lookup)
    with Sandbox().client() as client:
        pending = client.evaluations.submit("https://example.com/a.png", "headshot", job_class="standard")
        client.evaluations.get(str(pending.id))
    assert looked_up == []
