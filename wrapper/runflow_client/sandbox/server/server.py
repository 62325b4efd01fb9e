"""Serves a sandbox over HTTP, in a thread of its own."""

import asyncio
import contextlib
import ipaddress
import logging
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from ..faults.queue import FaultQueue
from ..sandbox import Sandbox
from ..service.service import Service
from .background_judge import BackgroundJudge
from .callback_sender import CallbackSender
from .clock import ServerClock
from .connection import Connection, Limits
from .site import Site

_log = logging.getLogger(__name__)
_CLOSING_PASSES = 20


class SandboxServer:
    """Serves a sandbox over HTTP while the `with` block runs, and sends its callbacks, to loopback URLs only.

    Its page is at `/`, the contract at `/openapi.json`. It logs each request and each callback at INFO, to the logger
    `runflow_client.sandbox`. It runs in a thread of its own on the machine's clock; the sandbox's virtual clock does not move.

    Args:
        sandbox: handles the requests; None for one with the default arguments.
        host: the address to listen on. Beyond loopback everybody who reaches the address can use the sandbox, which speaks
            HTTP without TLS; the client library needs https there, so put a proxy that sends `X-Forwarded-Proto` in front.
        port: 0 for any free one.
        speed: seconds of the sandbox's time that pass in one second.
        limits: the longest times, in seconds, for clients to send and for receivers of callbacks to respond.

    Raises:
        ValueError: the host is not an IP address or `localhost`, or the speed is not above zero.
        OSError: the port cannot be listened on.

    Example:
        >>> from runflow_client import Runflow
        >>> from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture
        >>> with SandboxServer(Sandbox(evaluation_seconds=3)) as server:
        ...     with Runflow("rf_sandbox_key", base_url=server.url) as client:
        ...         client.evaluations.submit(sharp_picture(), "image_generation").is_terminal
        False
    """

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        speed: float = 1.0,
        limits: Limits | None = None,
    ) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above zero, not {speed}")
        self.sandbox = sandbox or Sandbox()
        self._host = _address(host)
        self._port = port
        self._speed = speed
        self._limits = limits or Limits()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The base URL, such as `http://127.0.0.1:49152`; known once the server was started."""
        reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 - not bound here
        return f"http://[{reached}]:{self._port}" if ":" in reached else f"http://{reached}:{self._port}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return ipaddress.ip_address(self._host).is_loopback

    @property
    def faults(self) -> FaultQueue:
        """The faults of the next requests; the queue of the sandbox."""
        return self.sandbox.faults

    def start(self) -> None:
        """Listen, and serve requests until `stop` is called.

        Raises:
            RuntimeError: the server is already running.
            OSError: the port cannot be listened on.
        """
        if self._thread is not None:
            raise RuntimeError("the sandbox server is already running")
        self._ready.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, name="runflow-sandbox", daemon=False)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            failure = self._failure
            self.stop()
            raise failure

    def stop(self) -> None:
        """Close every connection and end the thread; a second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._stopping is not None:
            with contextlib.suppress(RuntimeError):  # the loop is already closed if the server failed
                self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()
        self._loop = self._stopping = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # raised in the thread that starts the server
            self._failure = error
            if self._ready.is_set():
                _log.exception("the sandbox server failed")
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        service = self.sandbox.service
        clock = ServerClock(service.now, self._speed)
        self._connections = set()
        if not self.is_local:
            service.accept_any_host()
        site = Site(service, lambda: self.url, is_local=self.is_local)
        most = _most_connections() if self._limits.connections is None else self._limits.connections

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None  # asyncio runs this callback as a task
            self._connections.add(task)
            try:
                connection = Connection(service, reader, writer, clock.now, self._limits, site)
                await (connection.serve() if len(self._connections) <= most else connection.refuse())
            except asyncio.CancelledError:
                pass  # the server is stopping
            finally:
                self._connections.discard(task)

        stopping = asyncio.Event()
        server = await asyncio.start_server(connected, self._host, self._port, limit=64 * 1024)
        self._port = server.sockets[0].getsockname()[1]
        self._loop, self._stopping = asyncio.get_running_loop(), stopping
        with _clock_of(service, clock.now), BackgroundJudge(service, clock):
            sender = asyncio.create_task(CallbackSender(service, clock, self._limits.callback).run())
            self._ready.set()
            try:
                await stopping.wait()
            finally:
                sender.cancel()
                await asyncio.wait([sender])
                await self._close(server)

    async def _close(self, server: asyncio.Server) -> None:
        # The loop stops accepting before the server is closed: asyncio loses the sockets of connections that were
        # accepted but are not set up by then. Proactor loops (Windows) have no such call.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().remove_reader(server.sockets[0])
        # A connection that was just accepted gets its task after a few passes of the loop, and the transport of a
        # cancelled one closes its socket one pass later.
        for _ in range(_CLOSING_PASSES):
            for connection in self._connections:
                connection.cancel()
            await asyncio.sleep(0)
        server.close()


@contextlib.contextmanager
def _clock_of(service: Service, now: Callable[[], float]) -> Iterator[None]:
    """Let the service ask this clock for the time."""
    before, service.clock = service.clock, now
    try:
        yield
    finally:
        service.clock = before


def _most_connections() -> int:
    """Return how many connections are served at once, each of which may hold a socket and a file."""
    most = 500
    with contextlib.suppress(ImportError):  # Windows has no such limit
        import resource

        most = min(most, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 3)
    return max(most, 8)


def _address(host: str) -> str:
    try:
        return str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise ValueError(f"the sandbox listens on an IP address, such as 127.0.0.1, not on {host!r}") from None
