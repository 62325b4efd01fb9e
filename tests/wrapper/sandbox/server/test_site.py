"""The page of the server, the contract, and cross-origin requests."""

import json
import re
import time
from importlib import resources

import httpx
import pytest

from runflow_client.sandbox import Key, Sandbox, SandboxServer, blurred_picture, sharp_picture

KEY = {"Authorization": "Bearer rf_sandbox_key"}
RESET = {"X-Sandbox": "reset"}
HOSTED = "https://images.example.com/a.png"


@pytest.fixture
def server():
    sandbox = Sandbox(evaluation_seconds=0, keys=["rf_sandbox_key", Key("rf_other", organization="Other")])
    with SandboxServer(sandbox) as running:
        yield running


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


def submit(client, image, key="rf_sandbox_key", **fields):
    body = {"generated_image_url": image, "task_type": "headshot", **fields}
    return client.post("/v1/evaluations", json=body, headers={"Authorization": f"Bearer {key}"}).json()["id"]


def state_after(client, condition):
    """Read the state until another thread makes the condition true."""
    latest = time.monotonic() + 10
    while not condition(state := client.get("/sandbox/state").json()):
        assert time.monotonic() < latest, state
        time.sleep(0.005)
    return state


def all_ended(state):
    return state["evaluations"] and all(row["completed_at"] for row in state["evaluations"])


def test_page_is_html_that_loads_nothing_from_elsewhere(client):
    page = client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert not re.findall(r"""(?:src|href)=["']https?:""", page.text)
    assert (client.head("/").status_code, client.head("/").text) == (200, "")


def test_state_shows_evaluations_newest_first_with_pictures(client, server, sharp_uri, data_uri, sharp_image):
    submit(client, sharp_uri, client_ref="one")
    submit(client, HOSTED, key="rf_other")
    state = state_after(client, lambda state: len(state["evaluations"]) == 2 and all_ended(state))
    assert (state["url"], state["keys"]) == (server.url, ["rf_sandbox_key", "rf_other"])
    assert (state["accepted"], state["balance"]) == (2, "99.95")
    hosted, sharp = state["evaluations"]
    assert (hosted["organization"], hosted["thumbnail"], hosted["reason"][:19]) == (
        "Other",
        False,
        "Nothing was fetched",
    )
    assert (sharp["overall_passed"], sharp["client_ref"], sharp["thumbnail"]) == (True, "one", True)
    picture = client.get(f"/sandbox/thumbnails/{sharp['id']}.jpg")
    assert (picture.headers["content-type"], picture.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert len(picture.content) < 30_000
    assert client.get(f"/sandbox/thumbnails/{hosted['id']}.jpg").status_code == 404


def test_state_shows_callbacks_without_their_query(client):
    submit(client, HOSTED, callback_url="http://user:secret@127.0.0.1:9/hook?token=secret")
    state = state_after(client, lambda state: state["callbacks"])
    shown = state["callbacks"][0]
    assert (shown["url"], shown["event"], shown["signed"]) == ("http://127.0.0.1:9/hook", "evaluation.completed", False)
    assert (shown["attempt"], shown["status"], shown["problem"]) == (1, None, "ConnectError")


def test_thumbnails_of_the_newest_evaluations_are_kept(client, server, monkeypatch):
    monkeypatch.setattr("runflow_client.sandbox.service.evaluations.evaluations._SHOWN", 2)
    images = [sharp_picture(0), blurred_picture(0), sharp_picture(1)]
    with server.sandbox.client() as inside:
        ids = [inside.evaluations.submit(image, "headshot").id for image in images]
    state_after(client, lambda state: len(state["evaluations"]) == 3 and all_ended(state))
    statuses = [client.get(f"/sandbox/thumbnails/{evaluation_id}.jpg").status_code for evaluation_id in ids]
    assert statuses == [404, 200, 200]


def test_evaluation_that_is_not_listed_yet_is_not_shown(client, server):
    server.sandbox.add_platform_evaluation("01978cff-12b6-7c93-8a5e-d4710b6f9c28", after=3600)
    assert client.get("/sandbox/state").json()["evaluations"] == []


def test_reset_needs_a_header_that_other_origins_cannot_send(client, server):
    submit(client, HOSTED)
    assert client.post("/sandbox/reset").status_code == 403
    assert server.sandbox.evaluations == 1
    assert client.post("/sandbox/reset", headers=RESET).status_code == 204
    assert server.sandbox.evaluations == 0
    preflight = client.options("/sandbox/reset", headers={"Access-Control-Request-Method": "POST"})
    assert (preflight.status_code, "access-control-allow-origin" in preflight.headers) == (405, False)


def test_page_under_a_foreign_name_is_403(client):
    for path in ("/", "/sandbox/state", "/openapi.json"):
        assert client.get(path, headers={"Host": "evil.example.com"}).status_code == 403
    assert client.get("/", headers={"Host": "localhost:80"}).status_code == 200


def test_contract_names_this_server(client, server):
    document = client.get("/openapi.json").json()
    original = json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes())
    assert document.pop("servers")[0]["url"] == server.url
    del original["servers"]
    assert document == original


@pytest.mark.parametrize("path", ["/sandbox/", "/sandbox/thumbnails/x.jpg", "/sandbox/nothing", "/nothing"])
def test_unknown_page_is_404(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "allow"), [("/", "GET, HEAD"), ("/openapi.json", "GET, HEAD"), ("/sandbox/reset", "POST")]
)
def test_other_method_on_a_page_is_405(client, path, allow):
    reply = client.put(path)
    assert (reply.status_code, reply.headers["allow"]) == (405, allow)


def test_requests_for_the_page_are_neither_counted_nor_faulted(client, server):
    server.sandbox.faults.add("503")
    assert client.get("/").status_code == client.get("/sandbox/state").status_code == 200
    assert server.sandbox.requests == []
    assert client.get("/v1/health").status_code == 503


def test_browser_of_another_origin_may_use_the_api(client, server):
    origin = {"Origin": "http://localhost:5173"}
    preflight = client.options("/v1/evaluations", headers={**origin, "Access-Control-Request-Method": "POST"})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert {"Authorization", "Idempotency-Key"} <= set(preflight.headers["access-control-allow-headers"].split(", "))
    assert server.sandbox.requests == []
    reply = client.get("/v1/evaluations/statuses", headers={**KEY, **origin})
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (200, "*")
    assert "X-Request-Id" in reply.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in client.get("/v1/evaluations/statuses", headers=KEY).headers
    assert client.options("/v1/evaluations", headers=KEY).status_code == 405
    assert "access-control-allow-origin" not in client.get("/sandbox/state", headers=origin).headers
