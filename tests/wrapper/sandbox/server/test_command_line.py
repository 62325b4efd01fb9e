"""The arguments of the command, and what it does with them."""

import argparse
import logging
import signal
import threading

import pytest

from runflow_client.sandbox import RateLimit, sharp_picture
from runflow_client.sandbox.__main__ import main
from runflow_client.sandbox.server import command_line
from runflow_client.sandbox.server.command_line import add_arguments


def parsed(*arguments):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


def sandbox_of(*arguments):
    return command_line._sandbox(parsed(*arguments))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "65536"], "is not a port"),
        (["--port", "-1"], "is not a port"),
        (["--balance", "-1"], "is not an amount"),
        (["--price", "much"], "is not an amount"),
        (["--evaluation-seconds", "-1"], "is negative"),
        (["--evaluation-seconds", "inf"], "is not a number"),
        (["--speed", "0"], "is not above zero"),
        (["--speed", "fast"], "is not a number"),
        (["--outcome", "good"], "is not some of passed, rejected"),
        (["--outcome", "order-7=passed,failed"], "is not some of passed, rejected"),
        (["--fault", "POST: 503"], "is not a fault"),
        (["--images", "missing"], "is not a folder"),
        (["--rate-limit", "0"], "is not a number of requests"),
        (["--rate-limit", "5/0"], "is not above zero"),
        (["--seed", "x"], "invalid int"),
        (["--state", "missing/state"], "is not a file in a folder"),
        (["--nothing"], "unrecognized arguments"),
    ],
)
def test_invalid_argument_exits_with_2(capsys, arguments, words):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_host_that_is_no_address_exits_with_2(capsys):
    assert main(["--host", "example.com"]) == 2
    assert capsys.readouterr().err.startswith("runflow sandbox: the sandbox listens on an IP address")


def test_fault_for_a_misspelled_route_exits_with_2(capsys):
    assert main(["--fault", "POST /v1/evalutions: 503"]) == 2
    assert "did you mean 'POST /v1/evaluations'?" in capsys.readouterr().err


def test_arguments_set_up_the_sandbox(tmp_path):
    sandbox = sandbox_of(
        *("--key", "rf_one", "--key", "rf_two", "--balance", "1.5", "--price", "0.5", "--rate-limit", "60/10"),
        *("--images", str(tmp_path), "--seed", "7", "--fault", "always 503", "--fault", "429"),
    )
    assert (sandbox.keys, sandbox.balance, sandbox.rate_limit) == (("rf_one", "rf_two"), 1.5, RateLimit(60, 10))
    assert len(sandbox.faults) == 1
    assert sandbox_of("--seed", "8").service.organization.id != sandbox.service.organization.id
    assert sandbox_of("--rate-limit", "60").rate_limit == RateLimit(60)
    assert sandbox_of().keys == ("rf_sandbox_key",)


def test_outcomes_are_taken_in_turn_and_by_client_ref(sharp_uri):
    sandbox = sandbox_of("--outcome", "rejected, image", "--outcome", "a=b=undecided", "--outcome", "failed")
    with sandbox.client() as client:
        evaluations = [client.evaluations.wait(client.evaluations.submit(sharp_uri, "headshot")) for _ in range(4)]
        assert [evaluation.passed for evaluation in evaluations] == [False, True, False, False]
        by_ref = client.evaluations.evaluate(sharp_uri, "headshot", client_ref="a=b")
    assert (by_ref.status_code, by_ref.overall_passed) == ("completed", None)
    assert evaluations[2].status_code == "failed"


def test_client_ref_with_outcome_image_is_judged():
    assert sandbox_of("--outcome", "order-7=image").outcomes.by_client_ref == {}


class StoppedAtOnce(threading.Event):
    """An event of a command that gets SIGTERM as soon as it serves."""

    def wait(self, timeout=None):
        signal.raise_signal(signal.SIGTERM)
        return super().wait(timeout)


@pytest.mark.parametrize(("quiet", "level"), [([], logging.INFO), (["--quiet"], logging.WARNING)])
def test_command_logs_requests_unless_quiet(monkeypatch, quiet, level):
    levels = []
    logger = logging.getLogger("runflow_client.sandbox")

    class Stopped(StoppedAtOnce):
        def wait(self, timeout=None):
            levels.append((logger.level, len(logger.handlers)))
            return super().wait(timeout)

    before = logger.level, list(logger.handlers), logger.propagate
    monkeypatch.setattr(command_line, "_stopped", Stopped)
    assert main(quiet) == 0
    assert levels == [(level, len(before[1]) + 1)]
    assert (logger.level, list(logger.handlers), logger.propagate) == before


def test_host_beyond_this_machine_has_a_warning(monkeypatch, capsys):
    monkeypatch.setattr(command_line, "_stopped", StoppedAtOnce)
    assert main(["--host", "0.0.0.0"]) == 0
    printed = capsys.readouterr()
    assert "everybody who reaches 0.0.0.0 can use this sandbox" in printed.err
    assert "export RUNFLOW_BASE_URL=http://127.0.0.1:" in printed.out


def test_command_writes_its_state_at_the_end(monkeypatch, tmp_path):
    monkeypatch.setattr(command_line, "_stopped", StoppedAtOnce)
    assert main(["--state", str(tmp_path / "state")]) == 0
    assert (tmp_path / "state").read_bytes().startswith(b"runflow sandbox state")


def test_state_that_cannot_be_read_exits_with_2(tmp_path, capsys):
    (tmp_path / "state").write_bytes(b"junk")
    assert main(["--state", str(tmp_path / "state")]) == 2
    assert "state is not the state of a sandbox" in capsys.readouterr().err


def test_pictures_are_written_and_own_files_kept(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command_line, "_stopped", StoppedAtOnce)
    folder = tmp_path / "new folder" / "pictures"
    folder.mkdir(parents=True)
    (folder / "blurred.png").write_bytes(b"own")
    assert main(["--write-pictures", str(folder)]) == 0
    assert f"runflow evaluate '{folder / 'headshot.png'}' --task-type headshot\n" in capsys.readouterr().out
    assert (folder / "headshot.png").read_bytes() == sharp_picture()
    assert (folder / "blurred.png").read_bytes() == b"own"


def test_pictures_that_cannot_be_written_exit_with_2(tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    assert main(["--write-pictures", str(tmp_path / "file")]) == 2
    assert "file" in capsys.readouterr().err
