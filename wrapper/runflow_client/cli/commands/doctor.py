"""`runflow doctor`: what is configured, from where, and whether it works."""

from __future__ import annotations

import argparse
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..._version import __version__
from ..base.parsing import Commands, Parser, add_command, add_output_arguments
from ..base.statuses import Status
from ..terminal.screen import Screen
from ..terminal.words import Cell, printable

if TYPE_CHECKING:
    from ...client.sync_client import Runflow
    from ...runtime.configuration import Configuration

_EXAMPLES = """\
runflow doctor
runflow doctor --json"""
_SECONDS = 15.0
_EXTRAS = {
    "cli": ("rich", "shtab"),
    "fast": ("orjson",),
    "sandbox": ("jsonschema", "PIL"),
    "report": ("jinja2", "PIL"),
    "postgres": ("psycopg",),
    "ray": ("ray", "psycopg"),
    "spark": ("pyarrow", "psycopg"),
}


class Finding(NamedTuple):
    """What a check found: `state` is ok, warning or problem."""

    name: str
    state: str
    text: str


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "doctor",
        run,
        "[--json]",
        "check the configuration, the connection, the key and the balance",
        _EXAMPLES,
        "It shows no key and sends nothing that costs. The exit status is 0 where nothing is wrong, else 3.",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    findings: list[Finding] = []
    for finding in _findings(screen):
        findings.append(finding)
        if not screen.json:
            screen.line(Cell(finding.state, finding.state, 7), Cell(finding.name, width=12), finding.text)
    if screen.json:
        screen.result({"checks": [finding._asdict() for finding in findings]})
    return Status.ERROR if any(finding.state == "problem" for finding in findings) else Status.PASSED


def _findings(screen: Screen) -> Iterator[Finding]:
    from ...errors import ConfigurationError
    from ...runtime.configuration import configure

    yield Finding("versions", "ok", _versions())
    yield Finding("extras", "ok", _extras())
    try:
        configuration = configure(None, None, None, None)
    except ConfigurationError as error:
        from ..base.explanations import explain

        yield Finding("settings", "problem", explain(error))
        return
    screen.hide(configuration.api_key)
    yield from _settings(configuration)
    from ...client.sync_client import Runflow
    from ...flows.base.policies import RetryPolicy

    with Runflow(timeout=_SECONDS, retries=RetryPolicy(attempts=2)) as client:
        for name, check in (("service", _health), ("key", _account), ("balance", _balance), ("prices", _prices)):
            finding = _tried(name, check, client)
            yield finding
            if finding.state == "problem" and name in ("service", "key"):
                return


def _versions() -> str:
    import platform
    from importlib import metadata

    names = ("httpx", "h11", "attrs")
    found = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return f"runflow-client {__version__}, {found}, Python {platform.python_version()} on {platform.system()}"


def _extras() -> str:
    from importlib import util

    found = {name: all(map(util.find_spec, libraries)) for name, libraries in _EXTRAS.items()}
    installed, missing = ([name for name in found if found[name] is state] for state in (True, False))
    return f"installed: {', '.join(installed) or 'none'}; not installed: {', '.join(missing) or 'none'}"


def _settings(configuration: Configuration) -> Iterator[Finding]:
    from ...runtime.configuration import credentials_path

    path, sent = credentials_path(), f"sent to {configuration.base_url}"
    if os.environ.get("RUNFLOW_API_KEY"):
        yield Finding("API key", "ok", f"from the environment variable RUNFLOW_API_KEY, {sent}")
    elif sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding("API key", "warning", f"from {printable(path)}, {sent}; others can read that file: chmod 600 it")
    else:
        yield Finding("API key", "ok", f"from {printable(path)}, {sent}")
    yield Finding("base URL", "ok", f"{configuration.base_url} ({_source('RUNFLOW_BASE_URL')})")
    organization = configuration.organization_id
    shown = printable(organization, 100) if organization else "that of the key"
    yield Finding("organization", "ok", f"{shown} ({_source('RUNFLOW_ORGANIZATION_ID')})")


def _source(variable: str) -> str:
    return f"from {variable}" if os.environ.get(variable) else "the default"


def _tried(name: str, check: Callable[[Runflow], str], client: Any) -> Finding:
    from ...errors import RunflowError
    from ..base.explanations import explain

    try:
        return Finding(name, "ok", check(client))
    except RunflowError as error:
        state = "problem" if name in ("service", "key") else "warning"
        return Finding(name, state, explain(error))


def _health(client: Runflow) -> str:
    begun = time.monotonic()
    status = client.account.health().status
    return f"answers {printable(status, 40)!r} after {1000 * (time.monotonic() - begun):.0f} ms"


def _account(client: Runflow) -> str:
    memberships: Any = client.account.me().memberships  # whatever the server sent
    organizations = [getattr(one, "org", None) for one in memberships] if isinstance(memberships, list) else []
    found = [getattr(organization, "name", None) for organization in organizations]
    names = [printable(name, 100) for name in found if isinstance(name, str)]
    return f"accepted, of {', '.join(names)}" if names else "accepted"


def _balance(client: Runflow) -> str:
    balance = client.account.balance().balance
    return f"{printable(balance, 40)} credits" if balance is not None else "not told"


def _prices(client: Runflow) -> str:
    rows = client.evaluations.job_classes()
    return ", ".join(f"{printable(row.code, 50)} {printable(row.price, 20)} credits" for row in rows) or "none listed"
