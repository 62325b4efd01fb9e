"""`runflow login`: store the API key."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from ..base.parsing import Commands, Parser, add_command, add_output_arguments
from ..base.statuses import CommandError, Status
from ..terminal.screen import Screen
from ..terminal.words import printable

_EXAMPLES = """\
runflow login                                  asks for the key, without showing it
my-password-manager show runflow | runflow login"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "login",
        run,
        "[options]",
        "ask for your API key and store it where only you can read it",
        _EXAMPLES,
        "The key goes to ~/.config/runflow/credentials.json (below XDG_CONFIG_HOME where that is set). It is tried before it is\n"
        "stored. Create one at app.runflow.io/settings/api-keys.",
    )
    parser.add_argument("--no-check", action="store_true", help="store the key without trying it")
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    from ..._redaction import Secret
    from ...runtime.configuration import DEFAULT_BASE_URL, configure, credentials_path

    key = Secret(_ask(screen))
    screen.hide(key)
    base_url = configure(key.reveal(), None, None, None).base_url  # refuses what can be no key
    if not options.no_check:
        _check(key.reveal())
    path = credentials_path()
    _store(path, key.reveal())
    if screen.json:
        screen.result({"path": str(path)})
    else:
        screen.note(f"stored in {printable(path)}")
    if base_url != DEFAULT_BASE_URL:
        tried = "the key was not tried" if options.no_check else "the key was tried"
        screen.note(
            f"{tried} at {printable(base_url)} (RUNFLOW_BASE_URL), but is used for every base URL, that of the real "
            f"service ({DEFAULT_BASE_URL}) too: for one shell, set RUNFLOW_API_KEY instead"
        )
    if os.environ.get("RUNFLOW_API_KEY"):
        screen.note("RUNFLOW_API_KEY is set and is used in its place: unset it to use the stored key")
    return Status.PASSED


def _ask(screen: Screen) -> str:
    if sys.stdin.isatty():
        from getpass import getpass

        key = getpass("API key: ", stream=screen.stderr)
    else:
        key = sys.stdin.readline()
    if not key.strip():
        raise CommandError("no key was given: nothing was stored")
    return key.strip()


def _check(key: str) -> None:
    from ...client.sync_client import Runflow
    from ...errors import APIError, AuthenticationError, TransportError
    from ...flows.base.policies import RetryPolicy

    try:
        with Runflow(key, timeout=30, retries=RetryPolicy(attempts=2)) as client:
            client.account.me()
    except AuthenticationError:
        raise CommandError(
            "the service does not accept this key, so it was not stored: copy it whole, or create another one"
        ) from None
    except (APIError, TransportError) as error:
        raise CommandError(
            f"the key could not be tried, so it was not stored: {printable(error, 300).rstrip('.')}; --no-check stores it untried"
        ) from None


def _store(path: Path, key: str) -> None:
    """Write the key to a file that only its owner can read, in one step; what else the file holds is kept."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        stored = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        stored = {}
    kept = stored if isinstance(stored, dict) else {}
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".credentials-")  # made with mode 0600
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump({**kept, "api_key": key}, file, indent=2)
            file.write("\n")
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
