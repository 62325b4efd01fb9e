from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from commands import COMMAND, QUICK, Console, environment, start, wait_until

from runflow_client import __main__, __version__
from runflow_client.cli import main as cli_main
from runflow_client.cli.base.statuses import Terminated
from runflow_client.cli.commands import doctor
from runflow_client.cli.main import main, parser
from runflow_client.sandbox import Sandbox, SandboxServer

NAMES = (
    "evaluate",
    "get",
    "wait",
    "feedback",
    "upload",
    "batch",
    "resolve",
    "report",
    "sandbox",
    "callbacks",
    "login",
    "doctor",
    "completion",
)


def test_help_teaches_by_example(runflow: Console) -> None:
    done = runflow("--help")
    assert (done.status, done.err) == (0, "")
    assert "runflow batch photos/ --task-type headshot" in done.out
    assert re.findall(r"^    (\w+)", done.out, re.MULTILINE) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_help_of_each_command_has_examples_that_parse(runflow: Console, folder: Path, name: str) -> None:
    (folder / "photos").mkdir()  # which an example names
    done = runflow(name, "--help")
    assert done.status == 0
    typed = [command for line in done.out.partition("examples:\n")[2].splitlines() for command in commands_in(line)]
    assert any(words[0] == name for words in typed)
    for words in typed:
        assert parser().parse_args(words).run is not None


def commands_in(line: str) -> list[list[str]]:
    """Return the arguments of each `runflow` in a line of a shell."""
    line = re.sub(r'"\$\(.*?\)"', "stands-for-output", line.strip()).partition("   ")[0]
    parts = [part.strip() for part in re.split(r"\||&&|[<>]", line)]
    return [shlex.split(part)[1:] for part in parts if part.startswith("runflow ")]


def test_list_of_commands_has_a_line_each(runflow: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert re.findall(r"^    (\w+)  ", runflow("--help").out, re.MULTILINE) == list(NAMES)


def test_usage_of_a_command_below_another_names_both(runflow: Console) -> None:
    assert runflow("callbacks", "verify", "--help").out.startswith("usage: runflow callbacks verify [FILE] --signature")
    assert runflow("callbacks", "verify").err.startswith("runflow callbacks verify: ")


@pytest.mark.parametrize(("interruption", "status"), [(KeyboardInterrupt, 130), (Terminated, 143)])
def test_interruption_while_commands_load_has_its_status(
    runflow: Console, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException], status: int
) -> None:
    def interrupted() -> None:
        raise interruption

    monkeypatch.setattr(cli_main, "parser", interrupted)
    done = runflow("doctor")
    assert (done.status, done.out, done.err) == (status, "", "")


def test_nothing_typed_shows_the_help_on_stderr(runflow: Console) -> None:
    done = runflow()
    assert (done.status, done.out) == (3, "")
    assert "commands:" in done.err


def test_version_is_that_of_the_package(runflow: Console) -> None:
    assert runflow("--version").out == f"runflow-client {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["evaluate", "photo.png"], "--task-type"),
        (["nonsense"], "invalid choice"),
        (["evaluate", "photo.png", "--task", "x"], "required"),
        (["wait", "x", "--timeout", "0"], "'0' is not a number of seconds above 0"),
        (["wait", "x", "--timeout", "soon"], "'soon' is not a number of seconds above 0"),
        (["batch", "x", "--in-flight", "0"], "'0' is not a whole number above 0"),
        (["batch", "x", "--images", "gone"], "there is no folder 'gone'"),
        (["batch", "x", "--budget", "NaN"], "'NaN' is no amount of credits"),
        (["evaluate", "x", "--task-type", "y", "--input-attributes", "[1]"], "it is no JSON object"),
        (["evaluate", "x", "--task-type", "y", "--input-attributes", "{"], "it is no JSON object"),
        (
            ["batch", "x", "--budgt", "3"],
            "unrecognized arguments: --budgt 3; did you mean --budget?; `runflow batch --help`",
        ),
        (["batch", "x", "--budgt=3"], "--budgt=3; did you mean --budget?"),
        (["callbacks", "listen", "--prot", "3"], "did you mean --port?; `runflow callbacks listen --help`"),
        (["get", "x", "--qqqq"], "unrecognized arguments: --qqqq; `runflow get --help`"),
        (["doctor", "budget", "--jsn"], "unrecognized arguments: budget --jsn; did you mean --json?"),
        (["doctor", "--json", "budget"], "unrecognized arguments: budget; `runflow doctor --help`"),
    ],
)
def test_wrong_usage_exits_with_3_in_one_line(runflow: Console, arguments: list[str], reason: str) -> None:
    done = runflow(*arguments)
    assert (done.status, done.out) == (3, "")
    assert reason in done.err and done.err.count("\n") == 1
    assert "--help` shows how" in done.err


def test_help_loads_neither_client_nor_rich() -> None:
    code = (
        "import sys; before = set(sys.modules); from runflow_client.cli.main import main; main(['--help'])\n"
        "print({'httpx', 'h11', 'rich', 'asyncio', 'attrs', 'sqlite3', 'ssl', 'PIL'} & (set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_module_and_program_are_the_same_command(server: SandboxServer, folder: Path) -> None:
    assert __main__.main is main  # and importing the module runs nothing
    program = Path(sys.executable).with_name("runflow")
    for command in ([*COMMAND, "--version"], [str(program), "--version"]):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout == f"runflow-client {__version__}\n"


def test_defect_is_told_in_one_line_and_shown_with_verbose(runflow: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*ignored: object) -> None:
        raise ValueError("rf_sandbox_key is broken\nhere")

    monkeypatch.setattr(doctor, "_findings", fail)
    done = runflow("doctor")
    assert done.status == 3
    assert done.err.startswith("runflow: unexpected ValueError: ") and done.err.count("\n") == 1
    assert "Traceback" in runflow("doctor", "--verbose").err


def test_refused_key_is_told_with_where_it_comes_from(
    runflow: Console, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("evaluate", "photo.png", "--task-type", "headshot")
    monkeypatch.setenv("RUNFLOW_API_KEY", "rf_wrong")
    assert "RUNFLOW_API_KEY is not accepted: correct the variable, or unset it" in runflow(*command).err
    monkeypatch.delenv("RUNFLOW_API_KEY")
    (folder / "config" / "runflow").mkdir(parents=True)
    (folder / "config" / "runflow" / "credentials.json").write_text('{"api_key": "rf_wrong"}')
    assert "`runflow login` stores another one" in runflow(*command).err


def test_verbose_logs_requests_to_stderr(runflow: Console) -> None:
    done = runflow("evaluate", "photo.png", "--task-type", "headshot", "--verbose", *QUICK)
    assert done.status == 0
    assert "POST /v1/evaluations: 202" in done.err
    assert runflow.sandbox.keys[0] not in done.err


def test_key_that_the_server_repeats_is_cut_out(runflow: Console) -> None:
    key = runflow.sandbox.keys[0]
    arguments = ("evaluate", "photo.png", "--task-type", key, "--client-ref", key, *QUICK)
    for options in ((), ("--json",)):
        done = runflow(*arguments, *options)
        assert done.status == 0
        assert key not in done.out + done.err
    assert "[secret cut]" in done.out


def test_reader_that_goes_away_ends_the_command_quietly(server: SandboxServer, folder: Path) -> None:
    with Sandbox().client():
        process = start(server, ["batch", "shots.csv", "--task-type", "headshot", *QUICK], cwd=folder)
        (folder / "shots.csv").write_text("image\n" + "".join(f"https://a.example/{number}\n" for number in range(50)))
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        process.stderr.close()
        assert process.wait(30) == 3
    assert "Traceback" not in err and "Exception" not in err and "Broken" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such shell")
@pytest.mark.parametrize(("closed", "status"), [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0), ("<&-", 0)])
def test_command_works_with_closed_streams(server: SandboxServer, folder: Path, closed: str, status: int) -> None:
    line = f"{shlex.join(COMMAND)} evaluate photo.png --task-type headshot {' '.join(QUICK)} {closed}"
    done = subprocess.run(line, shell=True, cwd=folder, env=environment(server), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.startswith("passed") is (not closed.startswith(">"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is no such device")
def test_full_device_is_told_with_what_helps(server: SandboxServer, folder: Path) -> None:
    command = [*COMMAND, "evaluate", "photo.png", "--task-type", "headshot", *QUICK]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, cwd=folder, env=environment(server), stdout=full, stderr=subprocess.PIPE, text=True
        )
        assert done.returncode == 3
        assert (
            done.stderr
            == "runflow: stdout cannot be written (No space left on device); make room and run the command again\n"
        )
        done = subprocess.run(
            command, cwd=folder, env=environment(server), stderr=full, stdout=subprocess.PIPE, text=True
        )
        assert (done.returncode, done.stdout[:6]) == (0, "passed")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_sigterm_ends_a_command_with_143(folder: Path) -> None:
    with SandboxServer(Sandbox(evaluation_seconds=3600)) as server:
        process = start(server, ["evaluate", "photo.png", "--task-type", "headshot"], cwd=folder)
        wait_until(lambda: server.sandbox.evaluations == 1)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (143, "")
    assert err.startswith("\nInterrupted.") and "Traceback" not in err


def test_command_restores_the_signal_handler(runflow: Console) -> None:
    before = signal.getsignal(signal.SIGTERM)
    runflow("doctor")
    assert signal.getsignal(signal.SIGTERM) is before


def test_command_runs_in_a_thread_of_its_caller(runflow: Console) -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(main(["doctor"])))
    thread.start()
    thread.join()
    assert found == [0]


def test_console_that_knows_ascii_alone_can_show_any_name(server: SandboxServer, folder: Path) -> None:
    (folder / "fotograf\N{LATIN SMALL LETTER I WITH ACUTE}a.png").write_bytes((folder / "photo.png").read_bytes())
    process = start(
        server,
        ["evaluate", "fotograf\N{LATIN SMALL LETTER I WITH ACUTE}a.png", "--task-type", "headshot", *QUICK],
        cwd=folder,
        env={**environment(server), "PYTHONIOENCODING": "ascii"},
    )
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert os.fsencode("fotograf\\xeda.png").decode() in out
