"""The state of a served sandbox in a file."""

import argparse
import pickle
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runflow_client import callbacks
from runflow_client.sandbox import Key, Sandbox
from runflow_client.sandbox.server import command_line
from runflow_client.sandbox.server.command_line import add_arguments
from runflow_client.sandbox.server.state import load_state, save_state

START = datetime(2026, 1, 1, tzinfo=UTC)
HOOK = "https://hooks.example.com/"
HEAD = b"runflow sandbox state 1\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sandbox.state"


def restored(file, now=0.0, **options):
    state = load_state(file)
    sandbox = Sandbox(evaluation_seconds=10, started_at=state["started_at"], **options)
    sandbox.service.restore(state, now)
    return sandbox


def test_everything_survives_a_restart(call, file, caller, sharp_uri):
    ended = call.ended(sharp_uri, client_ref="one", callback_url=HOOK)
    call("PATCH", f"/v1/evaluations/{ended['id']}/feedback", {"is_positive": True})
    asset_id = call.upload(b"12345" * 300_000)
    secret = call("POST", "/v1/callback-secrets", {"label": "x"}).json
    body = {"generated_image_url": sharp_uri, "task_type": "headshot"}
    pending = call("POST", "/v1/evaluations", body, Idempotency_Key="k1").json["id"]
    save_state(file, call.sandbox.service)

    again = caller()
    again.sandbox = restored(file)
    again.now = call.now + 1
    shown = again("GET", f"/v1/evaluations/{ended['id']}?embed=judges,action,gate_failures").json
    assert shown == {**ended, "feedback_is_positive": True, "updated_at": shown["updated_at"]}
    url = again("GET", f"/v1/assets/{asset_id}").json["url"]
    assert again.store("GET", url).body == b"12345" * 300_000
    assert again("POST", "/v1/evaluations", body, Idempotency_Key="k1").json["id"] == pending
    assert again("GET", f"/v1/evaluations/{pending}").json["status_code"] == "pending"
    again.now += 10
    assert again("GET", f"/v1/evaluations/{pending}").json["overall_passed"] is True
    assert (len(again.sandbox.charges), again.sandbox.evaluations) == (2, 2)
    (delivery,) = again.sandbox.deliver_callbacks(lambda delivery: 204)
    callbacks.verify(delivery.body, delivery.signature, secret["plain_secret"])
    assert again.submit(sharp_uri).json["id"] not in (pending, ended["id"])


def test_repeated_callback_survives_a_restart(call, file, sharp_uri):
    call.ended(sharp_uri, callback_url=HOOK)
    call.sandbox.deliver_callbacks(lambda delivery: 500)
    save_state(file, call.sandbox.service)
    sandbox = restored(file, now=5000)
    (delivery,) = sandbox.deliver_callbacks(lambda delivery: 204)
    assert (delivery.attempt, len(sandbox.deliveries), delivery.at) == (2, 2, 5000)


def test_state_after_a_reset_can_be_restored(call, file, sharp_uri):
    call.sandbox.reset()
    evaluation_id = call.submit(sharp_uri).json["id"]
    save_state(file, call.sandbox.service)
    assert (
        restored(file, keys=["rf_sandbox_key", Key("rf_other", organization="Other")]).received[0].id == evaluation_id
    )


def test_state_of_other_organizations_raises_value_error(call, file):
    save_state(file, call.sandbox.service)
    for options in ({"seed": 1}, {"keys": [Key("rf_other", organization="Other")]}):
        with pytest.raises(ValueError, match="another seed or other organizations"):
            restored(file, **options)


def test_missing_file_is_no_state(file):
    assert load_state(file) is None


def test_file_with_secrets_is_readable_by_its_owner_only(call, file):
    save_state(file, call.sandbox.service)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        HEAD,
        HEAD + b"junk",
        HEAD + pickle.dumps(Path("/")),
        HEAD + b"cos\nsystem\n(S'true'\ntR.",
        HEAD + b"crunflow_client.sandbox.__main__\nmain\n(tR.",
        HEAD + b"crunflow_client.sandbox.outcomes\nnothing\n(tR.",
    ],
)
def test_file_that_is_no_state_raises_value_error(file, content):
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"sandbox\.state is .*; delete it to start anew"):
        load_state(file)


def test_state_that_cannot_be_written_leaves_the_old_one(call, file, monkeypatch):
    file.write_bytes(b"old")
    monkeypatch.setattr(pickle, "dump", lambda *_: pickle.loads(b""))
    with pytest.raises(EOFError):
        save_state(file, call.sandbox.service)
    assert [path.read_bytes() for path in file.parent.iterdir()] == [b"old"]


def test_command_goes_on_where_the_last_run_ended(file, monkeypatch, sharp_uri):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    arguments = parser.parse_args(["--state", str(file), "--evaluation-seconds", "0"])
    first = command_line._sandbox(arguments)
    with first.client() as client:
        evaluation = client.evaluations.evaluate(sharp_uri, "headshot")
    save_state(file, first.service)
    again = command_line._sandbox(arguments)
    with again.client() as client:
        assert client.evaluations.get(evaluation.id).to_dict()["created_at"] == evaluation.to_dict()["created_at"]
    assert again.now >= first.now
