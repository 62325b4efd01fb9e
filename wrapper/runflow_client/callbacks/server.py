"""A small server for callbacks: for scripts, tests and the command line."""

from __future__ import annotations

import logging
import socketserver
import threading
from types import TracebackType
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from .applications import wsgi
from .deduplication import Deduplicator
from .endpoint import MAX_BODY, Handler, Secrets

_logger = logging.getLogger("runflow_client.callbacks")
_MOST_THREADS = 32
_READ_SECONDS = 10.0
_POLL_SECONDS = 0.05
"""How often the thread looks whether it is to end."""


def serve(
    handler: Handler,
    secrets: Secrets,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    deduplicator: Deduplicator | None = None,
    max_body: int = MAX_BODY,
) -> CallbackServer:
    """Serve callbacks in threads of this process while the `with` block runs, without a framework.

    It speaks plain HTTP: put it behind a proxy or a tunnel that speaks TLS, and pass the https URL of that as `callback_url`.

    Args:
        handler: a function that takes a `Callback`; or a `Receiver`.
        secrets: your callback secret, several of them during a rotation, or a function that returns them.
        host: the address to listen on.
        port: 0 for any free one.
        deduplicator: remembers what was handled; None for one in memory.
        max_body: bytes; a larger body is refused with 413.

    Raises:
        ConfigurationError: the handler or a secret cannot be used.
        OSError: the port cannot be listened on.

    Example:
        >>> import time
        >>> from runflow_client import Runflow, callbacks
        >>> from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture
        >>> receiver = callbacks.Receiver()
        >>> with SandboxServer(Sandbox(evaluation_seconds=0.1)) as server:
        ...     with Runflow("rf_sandbox_key", base_url=server.url) as client:
        ...         secret = client.callback_secrets.create("docs").plain_secret
        ...         with callbacks.serve(receiver, secret) as endpoint:
        ...             client.evaluations.evaluate(
        ...                 sharp_picture(), "headshot", callback_url=endpoint.url, receiver=receiver
        ...             ).passed
        True
    """
    application = wsgi(handler, secrets, deduplicator=deduplicator, max_body=max_body)
    return CallbackServer(application, host, port)


class CallbackServer:
    """A running server; made by `serve`. `with` ends it; so does `close`.

    Example:
        >>> from runflow_client import callbacks
        >>> with callbacks.serve(print, "whsec_x") as server:
        ...     print(server.url)
        http://127.0.0.1:...
    """

    def __init__(self, application: Any, host: str, port: int) -> None:
        self._server = _Server((host, port), _RequestHandler)
        self._server.set_app(application)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="runflow-callbacks", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The URL that it listens on, such as `http://127.0.0.1:49152/`."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def close(self) -> None:
        """Stop listening, after the callbacks in progress; a second call does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    """Handles each request in a thread of its own, a bounded number at a time."""

    daemon_threads = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._places = threading.BoundedSemaphore(_MOST_THREADS)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def server_bind(self) -> None:
        # That of http.server asks for the name of this host, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), int(port)
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        _logger.debug("a connection to the callback server failed", exc_info=True)


class _RequestHandler(WSGIRequestHandler):
    timeout = _READ_SECONDS

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  the name that the base class has
        _logger.debug(format, *arguments)
