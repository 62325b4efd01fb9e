"""The queue of the faults of a sandbox."""

from collections import deque
from collections.abc import Sequence
from fnmatch import fnmatchcase

from .faults import Entry, Fault, SeenRequest
from .lines import read_line
from .routes import Routes


class FaultQueue(deque[Entry]):
    """The faults of the next requests, and queues for the next requests to one operation.

    Args:
        routes: the methods and paths that requests can have; a fault for another one is refused.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> from runflow_client.sandbox.faults import drop_after
        >>> sandbox = Sandbox()
        >>> sandbox.faults.extend([drop_after, None])  # of the next request; the one after it has none
        >>> sandbox.client().account.health().status
        'ok'
    """

    def __init__(self, routes: Sequence[tuple[str, str]] = (("*", "*"),)) -> None:
        super().__init__()
        self._routes = Routes(routes)
        self._queues: list[tuple[str, str, deque[Entry]]] = []
        self._always: list[tuple[str, str, Entry]] = []

    def on(self, method: str, path: str, *entries: Entry) -> None:
        """Add faults for the next requests with this method and path; other requests do not take them.

        Args:
            method: such as `POST`.
            path: such as `/v1/evaluations`; `*` stands for any text, as in `/storage/*`.
            entries: one for each request, as in the queue itself.

        Raises:
            ValueError: no request has this method and path, so the faults would never be taken.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> from runflow_client.sandbox.faults import drop_after, refuse
            >>> sandbox = Sandbox()
            >>> sandbox.faults.on("POST", "/v1/evaluations", drop_after, refuse(503))  # its next two requests
        """
        self._routes.check(method, path)
        self._queues.append((method, path, deque(entries)))

    def always(self, entry: Entry, *, on: tuple[str, str] = ("*", "*")) -> None:
        """Add a fault to every request with this method and path that no queue has an entry for, until `clear`.

        Args:
            entry: a fault or a function, as in the queue itself.
            on: method and path, with `*` for any text, such as `("GET", "/v1/evaluations/*")`.

        Raises:
            ValueError: no request has this method and path, so the fault would never be taken.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> from runflow_client.sandbox.faults import delay
            >>> sandbox = Sandbox()
            >>> sandbox.faults.always(delay(2), on=("GET", "/v1/evaluations/*"))  # every poll
        """
        self._routes.check(*on)
        self._always.append((*on, entry))

    def add(self, *lines: str) -> None:
        """Add faults that are written as text, such as `POST /v1/evaluations: 503 x2, drop after`.

        A line holds the faults of the next requests, separated by commas. Before them a method and a path and a colon
        limit it to such requests, as `on` does. A line that begins with `always` has one fault, which stays.
        The faults are `ok` (none), `STATUS`, `STATUS retry-after SECONDS`, `html STATUS`, `delay SECONDS`, `drop before`,
        `drop after`, `stall`, `cut off`, `truncate`, `garbage` and `forget key`; `x3` after one repeats it.

        Raises:
            ValueError: a line cannot be read, or names a method and path that no request has. No fault was added.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> sandbox = Sandbox()
            >>> sandbox.faults.add("POST /v1/evaluations: 503 x2, drop after", "always GET /v1/evaluations/*: delay 0.2")
        """
        read = [read_line(line) for line in lines]
        for line in read:
            self._routes.check(*(line.route or ("*", "*")))
        for line in read:
            if line.always:
                self.always(line.faults[0], on=line.route or ("*", "*"))
            elif line.route:
                self.on(*line.route, *line.faults)
            else:
                self.extend(line.faults)

    def clear(self) -> None:
        """Remove every fault."""
        super().clear()
        self._queues.clear()
        self._always.clear()

    def take(self, request: SeenRequest) -> Fault:
        """Take the entry of this request: of the queue itself, else of the first matching `on`, else of `always`."""
        matching = (entries for *route, entries in self._queues if entries and _matches(request, *route))
        queue = self if self else next(matching, None)
        entry = queue.popleft() if queue else self._find_always(request)
        chosen = entry(request) if callable(entry) else entry
        return chosen or Fault()

    def _find_always(self, request: SeenRequest) -> Entry:
        return next((entry for *route, entry in self._always if _matches(request, *route)), None)


def _matches(request: SeenRequest, method: str, path: str) -> bool:
    return fnmatchcase(request.method, method) and fnmatchcase(request.path, path)
