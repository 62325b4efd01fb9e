"""Every public object, made with secrets in every field, shows them in no text and no pickle."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickle
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from player import response

import runflow_client
from runflow_client import (
    AsyncRunflow,
    Evaluation,
    EvaluationRequest,
    Outcome,
    PollPolicy,
    ReferenceImage,
    RetryPolicy,
    Runflow,
    callbacks,
    errors,
    write_report,
)
from runflow_client._redaction import Secret, redactor
from runflow_client.batch.journals.journal import Verdict
from runflow_client.batch.journals.postgres import open_journal as open_database
from runflow_client.batch.journals.postgres.driver import Address
from runflow_client.batch.journals.sqlite import open_journal
from runflow_client.flows.base.responses import CallInfo, error_from
from runflow_client.flows.base.steps import FailureKind, RequestFailure
from runflow_client.models.asset import Asset
from runflow_client.models.callback_secret import CallbackSecret
from runflow_client.runtime.files.uploads import open_upload
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

KEY = "rf_live_K3yOfTheCaller"
WEBHOOK = "whsec_W3bh00k"
QUERY = "Qu3ryOfTheStore"
PIXELS = "P1xelsOfTheImage"
URL = f"https://store.example/put/a.png?X-Signature={QUERY}"
IMAGE = f"data:image/png;base64,{PIXELS * 20}"
PNG = b"\x89PNG\r\n\x1a\n" + PIXELS.encode() * 20
REDACT = redactor([Secret(KEY), Secret(WEBHOOK)])
CALL = CallInfo("submitting an image", "e-1", "mine")
ANSWER = {
    "id": "e-1",
    "status_code": "failed",
    "generated_image_url": IMAGE,
    "reference_images": [{"url": URL}],
    "run": {"image": IMAGE, "url": URL},
    "unknown_field": {"url": URL, "image": IMAGE},
}
ECHO = {"code": f"E {KEY}", "message": f"{KEY} {URL} {IMAGE}", "errors": [{"loc": [KEY], "msg": IMAGE}], "more": [URL]}


def clients(kind: type[Any]) -> Iterator[Any]:
    client = kind(KEY, base_url="https://api.example", default_headers={"X-Proxy-Token": WEBHOOK})
    for one in (client, client.with_options(timeout=5)):
        yield one
        yield from vars(one).values()


def raised(work: Callable[[], Any], kind: type[Exception]) -> Exception:
    with pytest.raises(kind) as caught:
        work()
    return caught.value.with_traceback(None)


def every_error() -> Iterator[Any]:
    for status in (400, 401, 402, 403, 404, 409, 422, 429, 500, 302):
        yield error_from(response(status, ECHO, x_request_id=f"id {KEY}"), CALL, REDACT)
        yield error_from(response(status, f"{KEY} {URL} {IMAGE}".encode(), retry_after=KEY), CALL, REDACT)
    yield error_from(response(200, f"{KEY}".encode(), content_type=KEY), CALL, REDACT)
    for kind in FailureKind:
        yield error_from(RequestFailure(kind, "reset", True), CALL, REDACT)
    evaluation = Evaluation.from_dict(ANSWER)
    yield errors.EvaluationFailedError(evaluation)
    yield errors.WaitTimeoutError(evaluation)
    yield errors.UnknownOutcomeError(URL, IMAGE)
    with tempfile.TemporaryDirectory() as folder:
        yield raised(lambda: open_journal(folder), errors.JournalError)
        journal = open_journal(Path(folder) / "journal")
        yield raised(lambda: journal.resolve(URL, IMAGE, None), errors.JournalError)
        journal.close()
    yield raised(lambda: open_database(f"postgresql://user:{KEY}@127.0.0.1:1/runs"), errors.JournalError)
    yield raised(lambda: open_database(f"postgresql://user:{KEY}@[half"), errors.ConfigurationError)
    yield raised(lambda: Runflow(KEY, base_url=URL), errors.ConfigurationError)
    yield raised(lambda: Runflow(KEY, default_headers={"X-A": f"{WEBHOOK}\n"}), errors.ConfigurationError)
    yield raised(lambda: Runflow(KEY + "\n"), errors.ConfigurationError)
    with Sandbox(keys=[KEY]).client() as client:
        request = EvaluationRequest(IMAGE, "headshot")
        for outcome in client.evaluations.evaluate_many([request], budget="0.01"):
            assert isinstance(outcome.error, errors.BudgetExceededError)
            yield outcome.error
    with Runflow(KEY) as client:
        for image in (IMAGE + "!", URL.replace("https", "ftp"), PIXELS.encode(), f"/home/me/{PIXELS}"):
            yield raised(lambda image=image: client.evaluations.submit(image, "headshot"), errors.InvalidRequestError)
        for options in ({"callback_url": f"http://a.example?{QUERY}"}, {"client_ref": KEY * 100}, {"run_id": KEY}):
            yield raised(
                lambda options=options: client.evaluations.submit(URL, "t", **options), errors.InvalidRequestError
            )


def journals() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        journal = open_journal(Path(folder) / "journal")
        yield journal
        yield journal.begin(URL, account=KEY)
        journal.close()
    yield Address(f"postgresql://user:{KEY}@db.example/runs?sslpassword={WEBHOOK}")


def reports() -> Iterator[Any]:
    """Write the report of an evaluation whose texts hold secrets, and give its summary and the page's text."""
    with tempfile.TemporaryDirectory() as folder:
        address = Path(folder) / "journal"
        journal = open_journal(address)
        worker = journal.begin("default", account=KEY)
        worker.grant("a.png", digest="0", image_references=(URL,))
        worker.submitted("a.png", "e-1")
        worker.finished("a.png", Verdict.PASSED, evaluation=json.dumps(ANSWER))
        journal.close()
        yield write_report(address, Path(folder) / "report.html")
        page = (Path(folder) / "report.html").read_text()
        packed = re.findall(r'<script type="text/plain"[^>]*>([^<]+)</script>', page)
        assert packed
        yield [page, *(gzip.decompress(base64.b64decode(block)).decode() for block in packed)]


def every_outcome() -> Iterator[Any]:
    for error in every_error():
        yield Outcome(0, EvaluationRequest(IMAGE, "headshot"), Evaluation.from_dict(ANSWER), error, "k-1")


def batches() -> Iterator[Any]:
    with Sandbox(keys=[KEY]).client() as client:
        batch = client.evaluations.evaluate_many([EvaluationRequest(IMAGE, "headshot")])
        yield batch
        yield batch.totals
        yield batch.estimate()
        yield from vars(batch).values()


def callback(body: bytes) -> Any:
    import hmac

    return callbacks.parse(body, hmac.new(WEBHOOK.encode(), body, "sha256").hexdigest(), WEBHOOK)


def every_callback() -> Iterator[Any]:
    yield callback(f'{{"event": "evaluation.completed", "url": "{URL}", "image": "{IMAGE}"}}'.encode())
    for body in (f'"{IMAGE} {URL}"', f'{{"event": "{URL}"', IMAGE):
        yield raised(lambda body=body: callback(body.encode()), callbacks.PayloadError)
    for signature in (WEBHOOK, f"sha256={WEBHOOK}", "0" * 64):
        yield raised(lambda signature=signature: callbacks.verify(b"{}", signature, WEBHOOK), callbacks.SignatureError)


def every_event() -> Iterator[Any]:
    seen: list[Any] = []
    with Sandbox(keys=[KEY]).client(hooks=[seen.append], retries=RetryPolicy(first_pause=0.01)) as client:
        client.evaluations.evaluate(sharp_picture(), "headshot", callback_url=f"https://a.example/?{QUERY}")
    return iter(seen)


PUBLIC: dict[str, Callable[[], Iterator[Any]]] = {
    "__version__": lambda: iter([runflow_client.__version__]),
    "Asset": lambda: iter([Asset.from_dict({"id": "a-1", "url": URL, "signed_url": URL})]),
    "Batch": batches,
    "Outcome": every_outcome,
    "CallbackSecret": lambda: iter([CallbackSecret.from_dict({"id": "s-1", "plain_secret": WEBHOOK, "label": "main"})]),
    "EvaluationRequest": lambda: iter(
        [
            EvaluationRequest(image, "headshot", callback_url=f"https://a.example?{QUERY}")
            for image in (IMAGE, URL, PNG, Path(PIXELS), io.BytesIO(PNG))
        ]
    ),
    "events": every_event,
    "Runflow": lambda: clients(Runflow),
    "AsyncRunflow": lambda: clients(AsyncRunflow),
    "Evaluation": lambda: iter([Evaluation.from_dict(ANSWER), Evaluation(generated_image_url=IMAGE)]),
    "ImageSource": lambda: iter([open_upload(source, "image", image_only=True) for source in (PNG, io.BytesIO(PNG))]),
    "PollPolicy": lambda: iter([PollPolicy()]),
    "ReferenceImage": lambda: iter(
        [ReferenceImage(image) for image in (IMAGE, URL, PNG, Path(PIXELS), io.BytesIO(PNG))]
    ),
    "RetryPolicy": lambda: iter([RetryPolicy()]),
    "Verdict": lambda: iter(runflow_client.Verdict),
    "callbacks": every_callback,
    "errors": every_error,
    "open_journal": journals,
    "write_report": reports,
    # Not at the top level, but users hold them.
    "assets": lambda: iter([Asset.from_dict({"id": "a-1", "url": URL, "signed_url": URL})]),
    "callback_secrets": lambda: iter(
        [CallbackSecret.from_dict({"id": "s-1", "plain_secret": WEBHOOK, "label": "main"})]
    ),
    "sandbox": lambda: iter([Sandbox(keys=[KEY]), SandboxServer(Sandbox(keys=[KEY]))]),
}


def texts(thing: Any) -> str:
    found = f"{thing!r} {thing} {getattr(thing, '_repr_html_', str)()} {' '.join(getattr(thing, '__notes__', ()))}"
    if isinstance(thing, errors.APIError):
        found += f" {thing.message} {thing.code} {thing.errors} {thing.body}"
    if isinstance(thing, errors.RunflowError):
        found += f" {thing.request_id}"
    return found


def test_secret_check_covers_every_public_name() -> None:
    assert set(runflow_client.__all__) <= set(PUBLIC)
    seen = {type(error).__name__ for error in every_error()}
    assert set(errors.__all__) - seen <= {"RunflowError", "TransportError"}, "only subclasses of these two are raised"


@pytest.mark.parametrize("name", PUBLIC)
def test_public_object_text_shows_no_secret(name: str) -> None:
    things = list(PUBLIC[name]())
    assert things
    for thing in things:
        found = re.findall(f"{KEY}|{WEBHOOK}|{QUERY}|{PIXELS}", texts(thing))
        assert found == [], f"{type(thing).__name__} shows {found[:3]}"


@pytest.mark.parametrize("name", PUBLIC)
def test_public_object_pickle_holds_no_secret(name: str) -> None:
    for thing in PUBLIC[name]():
        try:
            pickled = pickle.dumps(thing)
        except (TypeError, AttributeError):
            continue  # objects with a connection, a file or a key cannot be pickled
        assert KEY.encode() not in pickled and WEBHOOK.encode() not in pickled, type(thing).__name__
