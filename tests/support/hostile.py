"""A client in a world where everything can go wrong, and what must hold there whatever does.

Hypothesis draws a `Case`; a `World` plays it: the real client and driver of either kind against a sandbox inside the
process, on its virtual clock. Each call through `World.call` is held to its time, must leave nothing behind, and what it
raises must be one of the library's errors, whole and without secrets.
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

from complaints import check_error
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
LOOK = ("GET", "/v1/evaluations/*")
UPLOAD = (("POST", "/v1/asset-uploads"), ("PUT", "/storage/*"), ("POST", "/v1/asset-uploads/*"))
FOLDERS: list[Path] = []
"""Where the pictures are that lie on the disk; see `lay_out`."""
EXAMPLES = int(os.environ.get("RUNFLOW_EXAMPLES", "0"))
"""How many examples a search tries; 0 for the small, always equal share of a normal test run."""


def searched(examples: int, long: float = 1.0) -> settings:
    """Return how long a property is searched.

    Args:
        examples: how many in a normal run, the same in each.
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
    """A picture of more than 1 MiB, which is uploaded."""
    return small_picture(seed) + bytes(1_049_000)


def lay_out(folder: Path) -> None:
    """Write the pictures that are read from the disk."""
    for content in (small_picture(), large_picture()):
        (folder / f"{len(content)}.png").write_bytes(content)
    FOLDERS.append(folder)


@dataclass(frozen=True)
class Mishap:
    """A fault under the name that makes it, so that a found example can be read and written down."""

    name: str
    fault: faults.Fault | None = field(repr=False)

    def __repr__(self) -> str:
        return self.name


def mishap(make: Callable[..., faults.Fault], *arguments: Any, **options: Any) -> Mishap:
    words = [*map(repr, arguments), *(f"{name}={value!r}" for name, value in options.items())]
    return Mishap(f"{make.__name__}({', '.join(words)})", make(*arguments, **options))


FINE = Mishap("fine", None)
DROPS = (Mishap("drop_before", faults.drop_before), Mishap("drop_after", faults.drop_after))
FORGOTTEN = Mishap("forget_key", faults.forget_key)
RETRY_AFTER = (None, 0, 0.5, 3, 59.9, 61, 36_000, "nan", "soon", "-5", "1e5", " 7 ", "9" * 400, "0x10", "٣")
STATUSES = (400, 401, 402, 403, 404, 408, 409, 418, 422, 425, 429, 500, 501, 502, 503, 505, 520, 599)
_request_ids = st.sampled_from([{}, {"X-Request-Id": "req-1"}, {"Runflow-Request-Id": "req-2"}])


@st.composite
def refusals(draw: st.DrawFn) -> Mishap:
    status = draw(st.sampled_from(STATUSES))
    if draw(st.booleans()):
        asked = draw(st.sampled_from(RETRY_AFTER))
        return mishap(faults.refuse, status, retry_after=asked, headers=draw(_request_ids))
    return mishap(faults.refuse, status, retry_date=draw(st.sampled_from([-10.0, 0.0, 2.0, 45.0, 36_000.0])))


def seconds(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda value: round(value, 3))


mishaps = st.one_of(
    st.sampled_from((FINE, *DROPS)),
    refusals(),
    seconds(0.01, 40.0).map(lambda value: mishap(faults.delay, value)),
    st.sampled_from([0, 20, 100_000]).map(lambda size: mishap(faults.stall, size)),
    st.sampled_from([0, 20, 100_000]).map(lambda size: mishap(faults.cut_off, size)),
    st.sampled_from([200, 202, 302, 502, 520]).map(lambda status: mishap(faults.html_page, status)),
    st.sampled_from([0, 1, 40]).map(lambda size: mishap(faults.truncate, size)),
    st.sampled_from(["text/html", ""]).map(lambda kind: mishap(faults.content_type, kind)),
    st.sampled_from(["pending", "running", "quite_new", None, 5]).map(
        lambda status: mishap(faults.show, status_code=status, overall_passed=None, completed_at=None)
    ),
    st.sampled_from([None, "", 5]).map(lambda odd: mishap(faults.show, id=odd)),
    st.sampled_from(["../x", 5]).map(lambda odd: mishap(faults.show, asset_id=odd)),
    st.sampled_from(["http://elsewhere.example/", None]).map(lambda odd: mishap(faults.show, upload_url=odd)),
)
"""What may happen to one request while the sandbox honours idempotency keys."""

Schedule = tuple[tuple[tuple[str, str], tuple[Mishap, ...]], ...]


@dataclass(frozen=True)
class Case:
    """A client's settings, how slow the world is, and what goes wrong in it.

    Args:
        kind: which client.
        large: whether the picture has to be uploaded.
        from_path: whether it is a file on the disk.
        given_key: the key that the caller gives, or None for one that is minted.
        timeout: seconds for one `evaluate` or `wait`.
        call_timeout: the client's own timeout.
        retries: as of the client.
        poll: as of `wait`.
        evaluation_seconds: how long the evaluation takes.
        request_seconds: how long an answer takes when nothing is wrong.
        schedule: for each kind of request what happens to its attempts.
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
    kinds: st.SearchStrategy[Mishap] = mishaps, longest: int = 7, *, uploads: bool = True
) -> st.SearchStrategy[Schedule]:
    rows = st.lists(kinds, max_size=longest).map(tuple)
    return st.tuples(*(st.tuples(st.just(kind), rows) for kind in (SUBMIT, LOOK, *(UPLOAD if uploads else ()))))


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
def cases(draw: st.DrawFn, kinds: st.SearchStrategy[Mishap] = mishaps) -> Case:
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
class Heard:
    """One exchange as the client saw it end."""

    method: str
    url: str
    key: str | None
    answer: Response | RequestFailure


class Ear:
    """Stands between a driver and its transport and listens."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.heard: list[Heard] = []

    def _note(self, request: Any, answer: Response | RequestFailure) -> Response | RequestFailure:
        key = dict(request.headers).get("Idempotency-Key")
        self.heard.append(Heard(request.method, request.url, key, answer))
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class SyncEar(Ear):
    def send(self, request: Any, deadline: float | None) -> Any:
        try:
            return self._note(request, self._inner.send(request, deadline))
        except OSError as error:
            self._note(request, failure_from(error))
            raise


class AsyncEar(Ear):
    async def send(self, request: Any, deadline: float | None) -> Any:
        try:
            return self._note(request, await self._inner.send(request, deadline))
        except OSError as error:
            self._note(request, failure_from(error))
            raise


def open_files() -> set[str]:
    """What this process holds open, by number and target; empty where the system does not tell."""
    found = set()
    with contextlib.suppress(FileNotFoundError), os.scandir("/proc/self/fd") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # closed meanwhile, by another thread
                found.add(f"{entry.name} {os.readlink(entry.path)}")
    # The folder itself is open while it is read.
    return {name for name in found if not name.endswith("/fd")}


class World:
    """A sandbox, a client of either kind, and a caller who sees to it that promises are kept.

    Args:
        case: what is drawn.
        slack: seconds that a call may overrun its time.
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
        driver = self.client._driver
        self.ear = (SyncEar if self.runner is None else AsyncEar)(driver.transport)
        driver.transport = self.ear

    def new_sandbox(self) -> Sandbox:
        return Sandbox(
            evaluation_seconds=self.case.evaluation_seconds, request_seconds=self.case.request_seconds, keys=[KEY]
        )

    def new_client(self) -> Any:
        make = self.sandbox.client if self.runner is None else self.sandbox.async_client
        return make(timeout=self.case.call_timeout, retries=self.case.retries)

    def now(self) -> float:
        return self.sandbox.clock.now()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        threads, files = self.before
        assert set(threading.enumerate()) <= threads, "a thread is left"
        assert open_files() <= files, "a file or socket is left open"

    def close(self) -> None:
        if self.runner is None:
            self.client.close()
        else:
            self.runner.run(self.client.aclose())
            self.runner.close()

    def run(self, work: Callable[[], Any]) -> Any:
        """Run a call of the client, a coroutine in the event loop."""
        if self.runner is None:
            return work()

        async def main() -> Any:
            return await work()

        try:
            return self.runner.run(main())
        finally:
            assert not asyncio.all_tasks(self.runner.get_loop()), "a task is left"

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
        """Make a call; return what it returns or the error of the library that it raises.

        Args:
            work: calls the client.
            within: seconds that it may take.
            about: the evaluation that the caller asks about, where it knows one.
            evaluates: whether the call makes an evaluation, or waits for one.
        """
        first = len(self.ear.heard)
        with self._timed(within):
            try:
                return self.run(work)
            except errors.RunflowError as error:
                check_error(error, self.ear.heard[first:], about=about, secret=KEY, evaluates=evaluates)
                return error
            finally:
                assert all(one.key for one in self.ear.heard[first:] if one.method == "POST"), "a POST without a key"

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

    def calm(self) -> Any:
        """Let nothing go wrong from now on; return a client that has time."""
        self.sandbox.faults.clear()
        return self.client.with_options(timeout=1_000.0, retries=RetryPolicy(attempt_timeout=100.0))
