"""Test the sandbox's server against the contract with two programs that know the contract only: Schemathesis and Prism.

    python -m scripts.testing.contract_test [--examples N] [--seed N]

Schemathesis sends requests that it makes from the contract, valid and invalid, single and in sequences, and runs all of its
checks on the replies. Prism stands between the client library and the sandbox while every operation is called, and reports
each request and each reply that breaks the contract.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from runflow_client import ReferenceImage, Runflow
from runflow_client.errors import RunflowError
from runflow_client.sandbox import sharp_picture
from scripts.contract import redocly

ROOT = Path(__file__).resolve().parents[2]
SCHEMATHESIS = ROOT / ".venv-contract" / "bin" / "schemathesis"
PRISM_LOCK = ROOT / "requirements" / "prism"
PRISM_INSTALL = ROOT / ".prism"
PRISM = Path("node_modules", "@stoplight", "prism-cli", "dist", "index.js")
SANDBOX = ("-m", "runflow_client.sandbox", "--quiet", "--evaluation-seconds", "0.1", "--balance", "1000000")
KEY = "rf_sandbox_key"
RUN = "01978cff-12b6-7c93-8a5e-d4710b6f9c28"
# So many operations the contract has.
OPERATIONS = 18

# Rules that the documentation states in prose are not in the schemas, so that a request which the contract lets pass may be a
# 422 here: the forms of an image and of a callback's URL, the job class, the relations of `embed`, an upload of another type
# than an image, and the confirmation of an upload without its bytes.
PROSE_RULES = (
    "POST /v1/evaluations",
    "GET /v1/auth/me",
    "POST /v1/asset-uploads",
    "POST /v1/asset-uploads/{asset_upload_id}/confirmations",
)
ACCEPTED = '["2xx", "401", "403", "404", "409", "422", "429"]'


class ContractBrokenError(Exception):
    """A request or a reply broke the contract, or a program did not start; the message says what was found."""


@contextmanager
def program(command: Sequence[str], pattern: str) -> Iterator[str]:
    """Run a program in the background; give the text that a group of the pattern finds in its output."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
        try:
            yield _wait_for(process, log, pattern)
        finally:
            process.terminate()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", log: Path, pattern: str) -> str:
    latest = time.monotonic() + 60
    while True:
        ended = process.poll() is not None
        printed = log.read_text(encoding="utf-8", errors="replace")
        if found := re.search(pattern, printed):
            return found[1]
        if ended or time.monotonic() > latest:
            raise ContractBrokenError(f"{process.args!r} did not start:\n{printed}")
        time.sleep(0.05)


def seed(url: str) -> dict[str, str]:
    """Make one object of each kind, and return their ids by the names of the parameters that need them."""
    with Runflow(KEY, base_url=url) as client:
        evaluation = client.evaluations.evaluate(sharp_picture(), "headshot", run_id=RUN)
        asset = client.assets.upload(sharp_picture(), filename="a.png")
    assert evaluation.id is not None
    assert asset.id is not None
    return {"run_id": RUN, "evaluation_id": evaluation.id, "asset_id": asset.id}


def settings(ids: Mapping[str, str]) -> str:
    """Return the settings of Schemathesis: the prose rules, and ids of objects that exist where it could not find any."""
    lines = ["[checks]"]
    for operation in PROSE_RULES:
        lines += [
            "[[operations]]",
            f"include-name = {json.dumps(operation)}",
            f"checks.positive_data_acceptance.expected-statuses = {ACCEPTED}",
        ]
    feedback = "PATCH /v1/runs/{run_id}/evaluations/{evaluation_id}/feedback"
    existing = {feedback: ("run_id", "evaluation_id")}
    for operation, names in existing.items():
        parameters = ", ".join(f"{name} = {json.dumps(ids[name])}" for name in names)
        lines += ["[[operations]]", f"include-name = {json.dumps(operation)}", f"parameters = {{ {parameters} }}"]
    lines += [
        "[[operations]]",
        'include-name = "GET /v1/assets/{id}"',
        f"parameters = {{ id = {json.dumps(ids['asset_id'])} }}",
    ]
    return "\n".join(lines) + "\n"


def run_schemathesis(url: str, examples: int, random_seed: int) -> None:
    """Let Schemathesis test the sandbox with all phases and all checks.

    Raises:
        ContractBrokenError: it found something.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "schemathesis.toml"
        file.write_text(settings(seed(url)), encoding="utf-8")
        command = [str(SCHEMATHESIS), "--config-file", str(file), "run", f"{url}/openapi.json", "--checks", "all"]
        command += ["--header", f"Authorization: Bearer {KEY}", "--max-examples", str(examples)]
        command += ["--seed", str(random_seed), "--no-color", "--warnings", "off"]
        # Its working folder keeps files of its own.
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    print(done.stdout[done.stdout.find("= SUMMARY =") :].partition("\n")[2].strip())
    if done.returncode != 0:
        raise ContractBrokenError(f"Schemathesis failed:\n{done.stdout}{done.stderr}")


def call_everything(client: Runflow) -> None:
    """Call every operation of the API through the client."""
    evaluations = client.evaluations
    picture = sharp_picture()
    first = evaluations.evaluate(
        picture,
        "headshot",
        task_description="For a directory",
        generation_prompt="Studio portrait",
        evaluation_instructions="Likeness first",
        input_attributes={"style": "corporate"},
        reference_images=[ReferenceImage(picture, kind="identity")],
        run_id=RUN,
        client_ref="order-7",
        job_class="standard",
        callback_url="https://hooks.example.com/runflow",
    )
    evaluations.set_feedback(first, True, reason="Fine")
    evaluations.clear_feedback(first, run_id=RUN)
    evaluations.for_run(RUN)
    evaluations.statuses()
    evaluations.job_classes()
    asset = client.assets.upload(picture, filename="a.png")
    client.assets.get(asset.id or "")
    client.assets.types()
    secret = client.callback_secrets.create("receiver")
    client.callback_secrets.get(secret.id or "")
    client.callback_secrets.update(secret.id or "", label="receivers")
    client.callback_secrets.delete(secret.id or "")
    client.account.me()
    client.account.balance()
    client.account.health()


def run_prism(url: str) -> None:
    """Call every operation through Prism, which checks each request and each reply.

    Raises:
        ContractBrokenError: it found something.
    """
    redocly.bring_up_to_date(PRISM_LOCK, PRISM_INSTALL, PRISM)
    command = [str(redocly.node()), str(PRISM_INSTALL / PRISM), "proxy", "openapi.yaml", url, "--port", "0"]
    violations: list[str] = []
    calls: list[str] = []

    def note(response: httpx.Response) -> None:
        calls.append(f"{response.request.method} {response.request.url.path}: {response.status_code}")
        for violation in json.loads(response.headers.get("sl-violations", "[]")):
            violations.append(f"{calls[-1]}: {violation}")

    with (
        program(command, r"listening on (http://127\.0\.0\.1:\d+)") as proxy,
        httpx.Client(event_hooks={"response": [note]}, trust_env=False) as http,
        Runflow(KEY, base_url=proxy, http_client=http) as client,
    ):
        try:
            call_everything(client)
        except RunflowError as error:
            violations.append(str(error))
    print(f"Prism: {len(calls)} requests, {len(violations)} violations")
    if violations or len(calls) < OPERATIONS:
        raise ContractBrokenError("Prism failed:\n" + "\n".join(violations or calls))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--examples", type=int, default=30, metavar="N", help="of each operation (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of the random examples (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    steps: list[Callable[[str], Any]] = [
        lambda url: run_schemathesis(url, options.examples, options.seed),
        run_prism,
    ]
    for step in steps:
        try:
            with program([sys.executable, *SANDBOX], r"RUNFLOW_BASE_URL=(\S+)") as url:
                step(url)
        except (ContractBrokenError, redocly.RedoclyMissingError) as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
