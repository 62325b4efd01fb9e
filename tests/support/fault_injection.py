"""Fault injection: a real client against a sandbox that fails as hypothesis chooses.

Hypothesis draws a `Case`. A `Harness` runs it: a sync or async client with its driver against an in-process sandbox on a
virtual clock. `Harness.call` checks that each call ends by its deadline, leaves nothing behind, and raises only complete
errors of the library without secrets.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from error_checks import check_error
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from PIL import Image

from runflow_client import PollPolicy, RetryPolicy, errors
from runflow_client.flows.base.steps import RequestFailure, Response
from runflow_client.runtime.transport.failures import failure_from
from runflow_client.sandbox import Sandbox, faults

KEY = "rf_live_S3cr3tK3yOfTheCaller"
TASK = "headshot"
SUBMIT = ("POST", "/v1/evaluations")
POLL = ("GET", "/v1/evaluations/*")
UPLOAD = (("POST", "/v1/asset-uploads"), ("PUT", "/storage/*"), ("POST", "/v1/asset-uploads/*"))
FOLDERS: list[Path] = []
"""Folders with the pictures of `write_pictures`."""
EXAMPLES = int(os.environ.get("RUNFLOW_EXAMPLES", "0"))
"""Examples for each property; 0 for the small, deterministic number of a normal test run."""


def searched(examples: int, long: float = 1.0) -> settings:
    """Return the hypothesis settings of a property.

    Args:
        examples: the number of examples in a normal run.
        long: the share of `EXAMPLES` in a long run.
    """
    unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    count = max(1, round(EXAMPLES * long)) if EXAMPLES else examples
    return settings(
        max_examples=count,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        phases=[Phase.explicit, Phase.generate, Phase.target, Phase.shrink],
        suppress_health_check=unhurried,
    )


@lru_cache
def small_picture(seed: int = 0) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (24, 24), (seed % 256, 90, 120)).save(file, "PNG")
    return file.getvalue()


@lru_cache
def large_picture(seed: int = 0) -> bytes:
    """Return a picture of more than 1 MiB, which the client uploads."""
    return small_picture(seed) + bytes(1_049_000)


def write_pictures(folder: Path) -> None:
    """Write the pictures that clients read from disk."""
    for content in (small_picture(), large_picture()):
        (folder / f"{len(content)}.png").write_bytes(content)
    FOLDERS.append(folder)


@dataclass(frozen=True)
class NamedFault:
    """A fault with the expression that creates it, so that a failing example is readable."""

    name: str
    fault: faults.Fault | None = field(repr=False)

    def __repr__(self) -> str:
        return self.name


def named_fault(make: Callable[..., faults.Fault], *arguments: Any, **options: Any) -> NamedFault:
    words = [*map(repr, arguments), *(f"{name}={value!r}" for name, value in options.items())]
    return NamedFault(f"{make.__name__}({', '.join(words)})", make(*arguments, **options))


FINE = NamedFault("fine", None)
DROPS = (NamedFault("drop_before", faults.drop_before), NamedFault("drop_after", faults.drop_after))
FORGOTTEN_KEY = NamedFault("forget_key", faults.forget_key)
RETRY_AFTER = (None, 0, 0.5, 3, 59.9, 61, 36_000, "nan", "soon", "-5", "1e5", " 7 ", "9" * 400, "0x10", "٣")
STATUSES = (400, 401, 402, 403, 404, 408, 409, 418, 422, 425, 429, 500, 501, 502, 503, 505, 520, 599)
_request_ids = st.sampled_from([{}, {"X-Request-Id": "req-1"}, {"Runflow-Request-Id": "req-2"}])


@st.composite
def refusals(draw: st.DrawFn) -> NamedFault:
    status = draw(st.sampled_from(STATUSES))
    if draw(st.booleans()):
        asked = draw(st.sampled_from(RETRY_AFTER))
        return named_fault(faults.refuse, status, retry_after=asked, headers=draw(_request_ids))
    return named_fault(faults.refuse, status, retry_date=draw(st.sampled_from([-10.0, 0.0, 2.0, 45.0, 36_000.0])))


def seconds(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda value: round(value, 3))


named_faults = st.one_of(
    st.sampled_from((FINE, *DROPS)),
    refusals(),
    seconds(0.01, 40.0).map(lambda value: named_fault(faults.delay, value)),
    st.sampled_from([0, 20, 100_000]).map(lambda size: named_fault(faults.stall, size)),
    st.sampled_from([0, 20, 100_000]).map(lambda size: named_fault(faults.cut_off, size)),
    st.sampled_from([200, 202, 302, 502, 520]).map(lambda status: named_fault(faults.html_page, status)),
    st.sampled_from([0, 1, 40]).map(lambda size: named_fault(faults.truncate, size)),
    st.sampled_from(["text/html", ""]).map(lambda kind: named_fault(faults.content_type, kind)),
    st.sampled_from(["pending", "running", "quite_new", None, 5]).map(
        lambda status: named_fault(faults.show, status_code=status, overall_passed=None, completed_at=None)
    ),
    st.sampled_from([None, "", 5]).map(lambda odd: named_fault(faults.show, id=odd)),
    st.sampled_from(["../x", 5]).map(lambda odd: named_fault(faults.show, asset_id=odd)),
    st.sampled_from(["http://elsewhere.example/", None]).map(lambda odd: named_fault(faults.show, upload_url=odd)),
)
"""Faults of one request; the sandbox honours idempotency keys throughout."""

Schedule = tuple[tuple[tuple[str, str], tuple[NamedFault, ...]], ...]


@dataclass(frozen=True)
class Case:
    """The settings of a client, the response times, and the faults.

    Args:
        kind: the sync or the async client.
        large: whether the picture is over the inline limit.
        from_path: whether it is a file on the disk.
        given_key: the caller's idempotency key; None for a generated one.
        timeout: the seconds of one `evaluate` or `wait`.
        call_timeout: the client's own timeout.
        retries: the policy of the client.
        poll: the policy of `wait`.
        evaluation_seconds: how long the evaluation takes.
        request_seconds: how long a response takes without a fault.
        schedule: the faults of each kind of request, in the order of attempts.
    """

    kind: Literal["sync", "async"] = "sync"
    large: bool = False
    from_path: bool = False
    given_key: str | None = None
    timeout: float | None = 600.0
    call_timeout: float | None = 60.0
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    poll: PollPolicy = field(default_factory=PollPolicy)
    evaluation_seconds: float = 3.0
    request_seconds: float = 0.05
    schedule: Schedule = ()

    @property
    def picture(self) -> bytes | Path:
        content = large_picture() if self.large else small_picture()
        return FOLDERS[-1] / f"{len(content)}.png" if self.from_path else content


def schedules(
    kinds: st.SearchStrategy[NamedFault] = named_faults, longest: int = 7, *, uploads: bool = True
) -> st.SearchStrategy[Schedule]:
    rows = st.lists(kinds, max_size=longest).map(tuple)
    return st.tuples(*(st.tuples(st.just(kind), rows) for kind in (SUBMIT, POLL, *(UPLOAD if uploads else ()))))


_retries = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 5),
    attempt_timeout=seconds(0.1, 20.0),
    first_pause=seconds(0.01, 2.0),
    longest_pause=seconds(0.01, 10.0),
    longest_retry_after=st.sampled_from([1.0, 60.0, 100_000.0]),
)
_polls = st.builds(
    PollPolicy,
    first=seconds(0.01, 10.0),
    then=seconds(0.01, 5.0),
    longest=seconds(0.01, 10.0),
    growth=seconds(1.0, 2.0),
)


@st.composite
def cases(draw: st.DrawFn, kinds: st.SearchStrategy[NamedFault] = named_faults) -> Case:
    patient = draw(st.booleans())
    large = draw(st.integers(0, 4)) == 0
    return Case(
        kind=draw(st.sampled_from(["sync", "async"])),
        large=large,
        from_path=draw(st.booleans()),
        given_key=draw(st.sampled_from([None, "mine"])),
        timeout=600.0 if patient else draw(seconds(0.05, 90.0)),
        call_timeout=draw(st.one_of(st.just(60.0), seconds(0.05, 90.0), st.none())),
        retries=draw(st.one_of(st.just(RetryPolicy()), _retries)),
        poll=draw(st.one_of(st.just(PollPolicy()), _polls)),
        evaluation_seconds=draw(st.one_of(st.just(0.0), seconds(0.1, 200.0))),
        request_seconds=draw(st.one_of(st.just(0.05), seconds(0.0, 5.0))),
        schedule=draw(schedules(kinds, uploads=large)),
    )


@dataclass
class Exchange:
    """One request with the response or failure that the client got."""

    method: str
    url: str
    key: str | None
    result: Response | RequestFailure


class Recorder:
    """Records the exchanges between a driver and its transport."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.exchanges: list[Exchange] = []

    def _note(self, request: Any, result: Response | RequestFailure) -> Response | RequestFailure:
        key = dict(request.headers).get("Idempotency-Key")
        self.exchanges.append(Exchange(request.method, request.url, key, result))
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class SyncRecorder(Recorder):
    def send(self, request: Any, *limits: Any) -> Any:
        try:
            return self._note(request, self._inner.send(request, *limits))
        except OSError as error:
            self._note(request, failure_from(error))
            raise


class AsyncRecorder(Recorder):
    async def send(self, request: Any, *limits: Any) -> Any:
        try:
            return self._note(request, await self._inner.send(request, *limits))
        except OSError as error:
            self._note(request, failure_from(error))
            raise


def open_files() -> set[str]:
    """Return the open files of this process by number and target; empty where the system has no /proc."""
    found = set()
    with contextlib.suppress(FileNotFoundError), os.scandir("/proc/self/fd") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # another thread closed it meanwhile
                found.add(f"{entry.name} {os.readlink(entry.path)}")
    # Reading the folder opens it too.
    return {name for name in found if not name.endswith("/fd")}


class Harness:
    """A sandbox and a client, with a check of the promises after each call.

    Args:
        case: the drawn case.
        slack: seconds that a call may take beyond its deadline.
    """

    def __init__(self, case: Case, slack: float = 1e-6) -> None:
        self.case = case
        self.slack = slack
        self.sandbox = self.new_sandbox()
        for kind, row in case.schedule:
            self.sandbox.faults.on(*kind, *(entry.fault for entry in row))
        self.before = (set(threading.enumerate()), open_files())
        self.runner = asyncio.Runner() if case.kind == "async" else None
        self.client = self.new_client()
        driver = self.client._session._driver
        self.recorder = (SyncRecorder if self.runner is None else AsyncRecorder)(driver.transport)
        driver.transport = self.recorder

    def new_sandbox(self) -> Sandbox:
        return Sandbox(
            evaluation_seconds=self.case.evaluation_seconds, request_seconds=self.case.request_seconds, keys=[KEY]
        )

    def new_client(self) -> Any:
        make = self.sandbox.client if self.runner is None else self.sandbox.async_client
        return make(timeout=self.case.call_timeout, retries=self.case.retries)

    def now(self) -> float:
        return self.sandbox.clock.now()

    def __enter__(self) -> Harness:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        threads, files = self.before
        assert set(threading.enumerate()) <= threads, "a thread still runs"
        assert open_files() <= files, "a file or socket is still open"

    def close(self) -> None:
        if self.runner is None:
            self.client.close()
        else:
            self.runner.run(self.client.aclose())
            self.runner.close()

    def run(self, work: Callable[[], Any]) -> Any:
        """Run a call of the client; a coroutine runs in the event loop."""
        if self.runner is None:
            return work()

        async def main() -> Any:
            return await work()

        try:
            return self.runner.run(main())
        finally:
            assert not asyncio.all_tasks(self.runner.get_loop()), "a task still runs"

    @contextmanager
    def _timed(self, within: float | None) -> Iterator[None]:
        began = self.now()
        try:
            yield
        finally:
            took = self.now() - began
            assert within is None or took <= within + self.slack, f"took {took} s of {within} s"

    def call(
        self, work: Callable[[], Any], *, within: float | None, about: str | None = None, evaluates: bool = True
    ) -> Any:
        """Make a call; return its value, or the library error that it raises.

        Args:
            work: calls the client.
            within: the seconds that it may take.
            about: the id of the evaluation that the caller passes, if any.
            evaluates: whether the call submits or waits for an evaluation.
        """
        first = len(self.recorder.exchanges)
        with self._timed(within):
            try:
                return self.run(work)
            except errors.RunflowError as error:
                check_error(error, self.recorder.exchanges[first:], about=about, secret=KEY, evaluates=evaluates)
                return error
            finally:
                assert all(one.key for one in self.recorder.exchanges[first:] if one.method == "POST"), (
                    "a POST without a key"
                )

    def evaluate(self, **options: Any) -> Any:
        chosen = {
            "timeout": self.case.timeout,
            "poll": self.case.poll,
            "idempotency_key": self.case.given_key,
            **options,
        }
        client = chosen.pop("client", self.client)
        return self.call(
            lambda: client.evaluations.evaluate(self.case.picture, TASK, **chosen), within=chosen["timeout"]
        )

    def wait(self, evaluation_id: str, **options: Any) -> Any:
        chosen = {"timeout": self.case.timeout, "poll": self.case.poll, **options}
        client = chosen.pop("client", self.client)
        return self.call(
            lambda: client.evaluations.wait(evaluation_id, **chosen), within=chosen["timeout"], about=evaluation_id
        )

    def without_faults(self) -> Any:
        """End all faults; return a client with long timeouts."""
        self.sandbox.faults.clear()
        return self.client.with_options(timeout=1_000.0, retries=RetryPolicy(attempt_timeout=100.0))
