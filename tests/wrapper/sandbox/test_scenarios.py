"""Every scenario has the same answers in the same process and over HTTP: status, headers and body."""

import base64
import contextlib
import json
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from runflow_client.sandbox import Delivery, Key, RateLimit, Sandbox, SandboxServer, blurred_picture, sharp_picture
from runflow_client.sandbox._replies import RefusedError
from runflow_client.sandbox.faults import html_page, refuse, show
from runflow_client.sandbox.service.contract.contract import load_contract

HOSTED = "https://images.example.com/a.png"
RUN = "01978cff-12b6-7c93-8a5e-d4710b6f9c28"
UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"
EMBEDS = "embed=judges,action,gate_failures"
# Headers of the connection, which there is none of in the same process, and those that depend on the time.
LEFT_OUT = {"content-length", "connection", "transfer-encoding", "x-ratelimit-reset", "retry-after", "x-request-id"}
VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|20\d\d-\d\d-\d\dT[\d:.]+\+00:00|whsec_[0-9a-f]+|[0-9a-f]{64}|https?://[^/\"]+(?=/storage/)|(?<=expires=)\d+"
)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Send = Callable[[str, str, dict[str, str], bytes], Answer]


class Talk:
    """Sends the requests of a scenario, and keeps the answers."""

    def __init__(self, sandbox: Sandbox, send: Send) -> None:
        self.sandbox = sandbox
        self._send = send
        self.answers: list[Answer] = []

    def __call__(
        self, method: str, target: str, document: Any = None, *, key: str | None = "rf_sandbox_key", **headers: str
    ) -> Answer:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            fields["Authorization"] = f"Bearer {key}"
        body = b""
        if document is not None:
            fields["Content-Type"] = "application/json"
            body = json.dumps(document).encode()
        return self.raw(method, target, fields, body)

    def raw(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        answer = self._send(method, target, headers, body)
        self.answers.append(answer)
        return answer

    def submit(self, image: str, **fields: Any) -> str:
        body = {"generated_image_url": image, "task_type": "headshot", **fields}
        return str(self("POST", "/v1/evaluations", body).json["id"])

    def ended(self, evaluation_id: str, *, query: str = EMBEDS) -> Any:
        """Read an evaluation until it has ended; only the last answer is kept, because the others depend on the time."""
        latest = time.monotonic() + 10
        while (answer := self("GET", f"/v1/evaluations/{evaluation_id}?{query}")).json["completed_at"] is None:
            self.answers.pop()
            assert time.monotonic() < latest
        return answer.json

    def put(self, url: str, content: bytes, media_type: str = "image/png") -> Answer:
        parts = urlsplit(url)
        return self.raw("PUT", f"{parts.path}?{parts.query}", {"Content-Type": media_type}, content)


def as_data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def verdicts(talk: Talk) -> None:
    for image in (
        as_data_uri(sharp_picture()),
        as_data_uri(blurred_picture()),
        "data:image/png;base64,anVuaw==",
        HOSTED,
    ):
        talk.ended(talk.submit(image, generation_prompt="A row of houses", input_attributes={"style": "plain"}))


def outcomes(talk: Talk) -> None:
    talk.sandbox.outcomes.extend(["rejected", "undecided", "failed"])
    talk.sandbox.outcomes.by_client_ref["order-7"] = "rejected"
    for _ in range(3):
        talk.ended(talk.submit(HOSTED))
    talk.ended(talk.submit(HOSTED, client_ref="order-7"))


def feedback(talk: Talk) -> None:
    evaluation_id = talk.submit(HOSTED, run_id=RUN)
    talk.ended(evaluation_id)
    for body in ({"is_positive": True, "reason": "Nice"}, {"is_positive": None}, {}, {"is_positive": "yes"}):
        talk("PATCH", f"/v1/evaluations/{evaluation_id}/feedback", body)
    for run_id in (RUN, UNKNOWN):
        talk("PATCH", f"/v1/runs/{run_id}/evaluations/{evaluation_id}/feedback", {"is_positive": False})
    talk("GET", f"/v1/runs/{RUN}/evaluations")


def idempotency(talk: Talk) -> None:
    body = {"generated_image_url": HOSTED, "task_type": "headshot"}
    for task_type in ("headshot", "headshot", "ad"):
        talk("POST", "/v1/evaluations", {**body, "task_type": task_type}, Idempotency_Key="k1")
    assert talk.sandbox.evaluations == 1


def validation(talk: Talk) -> None:
    talk("POST", "/v1/evaluations", {})
    talk("POST", "/v1/evaluations", {"generated_image_url": "ftp://a", "task_type": "x" * 101, "job_class": "quick"})
    talk.raw("POST", "/v1/evaluations", {"Authorization": "Bearer rf_sandbox_key", "Content-Type": "text/plain"}, b"{}")
    talk.raw(
        "POST", "/v1/evaluations", {"Authorization": "Bearer rf_sandbox_key", "Content-Type": "application/json"}, b"{"
    )
    for target in (
        "/v1/evaluations/42",
        f"/v1/evaluations/{UNKNOWN}",
        f"/v1/evaluations/{UNKNOWN}?embed=nothing",
        "/v1/x",
    ):
        talk("GET", target)
    talk("DELETE", f"/v1/evaluations/{UNKNOWN}")


def access(talk: Talk) -> None:
    talk.sandbox.keys = [
        "rf_sandbox_key",
        Key("rf_read", scopes=["evaluations:read"]),
        Key("rf_other", organization="B"),
    ]
    evaluation_id = talk.submit(HOSTED)
    for key in (None, "rf_wrong", "rf_read", "rf_other"):
        talk("GET", "/v1/auth/me?embed=memberships,organizations", key=key)
        talk("PATCH", f"/v1/evaluations/{evaluation_id}/feedback", {"is_positive": True}, key=key)
        talk("GET", "/v1/billing/balance", key=key, X_Organization_Id=UNKNOWN)
    talk("GET", "/v1/health", key=None)


def money(talk: Talk) -> None:
    talk.sandbox.balance = "0.05"
    evaluation_id = talk.submit(HOSTED)
    talk("POST", "/v1/evaluations", {"generated_image_url": HOSTED, "task_type": "ad"})
    talk.ended(evaluation_id)
    talk("GET", "/v1/billing/balance")
    talk("GET", "/v1/evaluations/job-classes")
    assert len(talk.sandbox.charges) == 1


def rate_limits(talk: Talk) -> None:
    talk.sandbox.rate_limit = RateLimit(2, seconds=10_000_000_000)
    for _ in range(3):
        talk("GET", "/v1/evaluations/statuses")
    talk.sandbox.rate_limit = RateLimit(2, seconds=10_000_000_000, headers=False)
    talk("GET", "/v1/evaluations/statuses")


def assets(talk: Talk) -> None:
    content = sharp_picture()
    asked = {"filename": "a.png", "mime_type": "image/png", "size_bytes": len(content)}
    opened = talk("POST", "/v1/asset-uploads", asked).json
    confirmation = f"/v1/asset-uploads/{opened['asset_id']}/confirmations"
    talk("POST", confirmation)
    talk.put(opened["upload_url"], content[:5])
    talk.put(opened["upload_url"] + "0", content)
    talk.put(opened["upload_url"], content)
    talk("POST", confirmation, {"folder_id": UNKNOWN})
    url = talk("GET", f"/v1/assets/{opened['asset_id']}?embed=created_by_user").json["url"]
    parts = urlsplit(url)
    assert talk.raw("GET", f"{parts.path}?{parts.query}", {}).body == content
    talk.ended(talk.submit(f"runflow://assets/{opened['asset_id']}"))
    talk("POST", "/v1/asset-uploads", {**asked, "mime_type": "text/html"})
    talk("GET", "/v1/assets/types")


def secrets(talk: Talk) -> None:
    first = talk("POST", "/v1/callback-secrets", {"label": "one"}).json["id"]
    second = talk("POST", "/v1/callback-secrets", {"label": "two"}).json["id"]
    talk("PATCH", f"/v1/callback-secrets/{second}", {"is_current": True})
    talk("PATCH", f"/v1/callback-secrets/{second}", {"is_current": False})
    talk("GET", f"/v1/callback-secrets/{first}")
    talk("DELETE", f"/v1/callback-secrets/{first}")
    talk("GET", f"/v1/callback-secrets/{first}")


def platform(talk: Talk) -> None:
    first = talk.sandbox.add_platform_evaluation(RUN, outcome="rejected", after=0)
    talk.ended(first)
    second = talk.sandbox.reevaluate(first, outcome="passed")
    talk.ended(second)
    talk("GET", f"/v1/runs/{RUN}/evaluations")


def faults(talk: Talk) -> None:
    talk.sandbox.faults.extend([refuse(503, retry_after=2), html_page(520), show(quite="new")])
    talk.sandbox.faults.add("GET /v1/health: 429 retry-after 1, truncate, garbage")
    for _ in range(7):
        talk("GET", "/v1/health", key=None)


SCENARIOS = [
    verdicts,
    outcomes,
    feedback,
    idempotency,
    validation,
    access,
    money,
    rate_limits,
    assets,
    secrets,
    platform,
    faults,
]


def sender_inside(sandbox: Sandbox) -> Send:
    sandbox.clock.advance(1)  # over HTTP, too, the first request comes after the start

    def send(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        fault = sandbox.service.arrive(method, target, headers.items())
        reply = fault.apply(lambda: sandbox.service.handle(method, target, headers.items(), body, sandbox.clock.now()))
        sandbox.clock.advance(1)
        return Answer(reply.status, dict(reply.headers), reply.body)

    return send


def sender_over_http(server: SandboxServer, client: httpx.Client) -> Send:
    def send(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        response = client.request(method, server.url + target, headers=headers, content=body)
        return Answer(response.status_code, dict(response.headers), response.content)

    return send


def run_inside(scenario: Callable[[Talk], None]) -> tuple[Sandbox, list[Answer]]:
    sandbox = Sandbox(evaluation_seconds=0)
    talk = Talk(sandbox, sender_inside(sandbox))
    scenario(talk)
    return sandbox, talk.answers


def over_http(scenario: Callable[[Talk], None]) -> list[Answer]:
    with SandboxServer(Sandbox(evaluation_seconds=0)) as server, httpx.Client(trust_env=False) as client:
        talk = Talk(server.sandbox, sender_over_http(server, client))
        scenario(talk)
        return talk.answers


def comparable(answers: list[Answer]) -> Iterator[tuple[int, dict[str, str], str]]:
    """Number the ids and signatures in the answers by their first appearance; a time is only called one."""
    names: dict[str, str] = {}

    def name_of(found: re.Match[str]) -> str:
        return "<time>" if "+00:00" in found[0] else names.setdefault(found[0], f"<{len(names)}>")

    def numbered(text: str) -> str:
        return VARYING.sub(name_of, text)

    for answer in answers:
        kept = {name: value for name, value in sorted(answer.headers.items()) if name not in LEFT_OUT}
        yield answer.status, kept, numbered(answer.body.decode("latin-1"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_answers_are_the_same_in_process_and_over_http(scenario: Callable[[Talk], None]) -> None:
    expected, found = list(comparable(run_inside(scenario)[1])), list(comparable(over_http(scenario)))
    assert len(expected) == len(found)
    for inner, outer in zip(expected, found, strict=True):
        assert outer == inner
    assert len(found) > 2


def test_every_scenario_is_compared() -> None:
    defined = [thing for thing in globals().values() if callable(thing) and takes_a_talk(thing)]
    assert defined == SCENARIOS


def takes_a_talk(thing: Callable[..., Any]) -> bool:
    return getattr(thing, "__annotations__", None) == {"talk": Talk, "return": None}


def test_scenarios_meet_every_operation_of_the_contract() -> None:
    contract = load_contract()
    met = set()
    for scenario in SCENARIOS:
        sandbox, _ = run_inside(scenario)
        for request in sandbox.requests:
            with contextlib.suppress(RefusedError):
                met.add(contract.find(request.method, request.path)[0].operation_id)
    assert {route.operation_id for route in contract.routes} - met == set()


class Refusing(BaseHTTPRequestHandler):
    """Refuses the first callback, and accepts the second."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen = getattr(self.server, "seen", 0) + 1
        self.send_response(500 if self.server.seen == 1 else 204)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Write nothing."""


def submit_with_callback(send: Send, hook: str) -> None:
    headers = {"Authorization": "Bearer rf_sandbox_key", "Content-Type": "application/json"}
    send("POST", "/v1/callback-secrets", headers, b'{"label": "shop"}')
    document = {"generated_image_url": HOSTED, "task_type": "headshot", "client_ref": "order-7", "callback_url": hook}
    assert send("POST", "/v1/evaluations", headers, json.dumps(document).encode()).status == 202


def test_callbacks_are_the_same_in_process_and_over_http() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Refusing) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.01,))
        thread.start()
        hook = f"http://127.0.0.1:{receiver.server_address[1]}/hook"
        sandbox = Sandbox(evaluation_seconds=0)
        statuses = iter((500, 204))
        sandbox.send_callbacks(lambda delivery: next(statuses))
        submit_with_callback(sender_inside(sandbox), hook)
        sandbox.clock.advance(60)
        with (
            SandboxServer(Sandbox(evaluation_seconds=0), speed=1000) as server,
            httpx.Client(trust_env=False) as client,
        ):
            submit_with_callback(sender_over_http(server, client), hook)
            latest = time.monotonic() + 20
            while len(server.sandbox.deliveries) < 2:
                assert time.monotonic() < latest
        receiver.shutdown()
        thread.join()
    inner, outer = (
        [attempt_of(delivery) for delivery in place] for place in (sandbox.deliveries, server.sandbox.deliveries)
    )
    assert inner == outer
    assert [status for _, _, status, _, _ in inner] == [500, 204]


def attempt_of(delivery: Delivery) -> tuple[str, int, int | None, list[str], str]:
    [(_, _, body)] = comparable([Answer(200, {}, delivery.body)])
    return delivery.event, delivery.attempt, delivery.status, sorted(dict(delivery.headers)), body
