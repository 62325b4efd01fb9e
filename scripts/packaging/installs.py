"""Installs the wheel into empty environments, without extras and with each, and uses it there."""

from __future__ import annotations

import re
import shlex
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from scripts.packaging.programs import ProgramFailedError, new_environment, requirement, run, wheel

PLAIN = """
import importlib.metadata, sys
import runflow_client
from runflow_client import AsyncRunflow, Runflow, callbacks, errors, events
assert runflow_client.__version__ == importlib.metadata.version("runflow-client")
assert "site-packages" in runflow_client.__file__, runflow_client.__file__
Runflow("key").close()
"""
SANDBOX = """
from runflow_client.sandbox import Sandbox, blurred_picture, sharp_picture
with Sandbox().client() as client:
    verdicts = [client.evaluations.evaluate(picture, "headshot").verdict for picture in (sharp_picture(), blurred_picture())]
assert verdicts == ["passed", "rejected"], verdicts
"""
REPORT = """
import pathlib, tempfile
from runflow_client import open_journal, write_report
with tempfile.TemporaryDirectory() as folder:
    journal = open_journal(f"{folder}/journal", create=True)
    journal.begin("default", account="account")
    journal.close()
    assert write_report(f"{folder}/journal", f"{folder}/report.html").size > 1000
"""
CLI = """
import contextlib, io
from runflow_client.cli.main import main
with contextlib.redirect_stdout(io.StringIO()) as printed:
    status = main(["completion", "bash"])
assert status == 0 and "runflow" in printed.getvalue(), (status, printed.getvalue())
"""
FAST = """
import orjson
from runflow_client.flows.base import json_reading
assert json_reading._orjson() is not None
"""
POSTGRES = """
from runflow_client import errors, open_journal
try:
    open_journal("postgresql://127.0.0.1:1/none")
except errors.JournalError as error:  # the driver is there, the server is not
    assert "cannot be reached" in str(error), error
"""
RAY = """
import ray.data
from runflow_client.engines import ray as engine
assert callable(engine.evaluate)
"""
SPARK = """
import pyspark
from runflow_client.engines import spark as engine
assert callable(engine.evaluate)
"""
# What an extra is for. An extra without an entry is an error: write what a user of it begins with.
USES = {
    "cli": CLI,
    "fast": FAST,
    "postgres": POSTGRES,
    "ray": RAY,
    "report": REPORT,
    "sandbox": SANDBOX,
    "spark": SPARK,
}
# Without its extra, this raises an error that names the command to type.
WITHOUT = {
    "postgres": POSTGRES,
    "report": REPORT,
    "sandbox": "from runflow_client.sandbox import Sandbox; Sandbox()",
}
COMMAND = re.compile(r"pip install (.+)")


def installs() -> None:
    """Install the wheel with each of its extras and without, and use it."""
    extras = extras_of(wheel())
    unknown = [extra for extra in extras if extra not in USES]
    if unknown:
        raise ProgramFailedError(f"scripts/packaging/installs.py does not say what these extras are for: {unknown}")
    run([new_environment("no-extra", requirement()), "-I", "-W", "error", "-c", PLAIN])
    for extra in extras:
        run([new_environment(f"extra-{extra}", requirement(extra)), "-I", "-c", PLAIN + USES[extra]])
    for extra, code in WITHOUT.items():
        missing_extra(extra, code)


def missing_extra(extra: str, code: str) -> None:
    """Type the command that the error of a missing extra names, word for word, and check that it mends the error."""
    python = new_environment(f"without-{extra}", requirement(), "pip")
    message = run([python, "-I", "-c", code], status=1).splitlines()[-1]
    command = COMMAND.search(message)
    if command is None:
        raise ProgramFailedError(f"the error of the missing extra {extra} names no command: {message}")
    run([python, "-I", "-m", "pip", "install", "--quiet", *shlex.split(command[1])])
    run([python, "-I", "-c", PLAIN + USES[extra]])


def extras_of(path: Path) -> list[str]:
    """Return the names of the extras of a wheel."""
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
    return list(metadata.get_all("Provides-Extra", []))


def every_extra() -> str:
    """Return the extras of the wheel as a requirement names them."""
    return ",".join(extras_of(wheel()))
