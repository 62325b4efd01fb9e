"""What the sandbox costs: its start, requests in process, and memory and /v1/health while its server judges large images.

    python -m scripts.measure.measure_sandbox
    chrt --rr 10 python -m scripts.measure.measure_sandbox    # as root on Linux: other programs of the machine take no time

Each figure of /v1/health while an image is judged stands beside that of the same server before it: on a busy machine, what both
have is the time that other programs took.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from runflow_client import PollPolicy, Runflow
from runflow_client.errors import EvaluationFailedError
from runflow_client.sandbox import Sandbox

REQUESTS = 3000
# Seconds for which the server is watched before it judges.
IDLE = 2.0
POLL = PollPolicy(first=0.1, then=0.1, longest=0.5)
# Format, size, mode and options of the largest images that are judged, and of some that are not.
IMAGES: dict[str, tuple[str, tuple[int, int], str, dict[str, Any]]] = {
    "WebP 8 MP": ("WEBP", (3300, 2500), "RGBA", {}),
    "WebP 16383 x 16383 px": ("WEBP", (16383, 16383), "1", {}),
    "AVIF 10 MP": ("AVIF", (3500, 3000), "RGB", {"speed": 10}),
    "PNG 36 MP": ("PNG", (7000, 5200), "RGB", {"compress_level": 3}),
    "PNG 60 MP, 16 bit": ("PNG", (8000, 7500), "I;16", {"compress_level": 3}),
    "JPEG 24 MP, progressive, 4:4:4": ("JPEG", (6000, 4000), "RGB", {"progressive": True, "subsampling": 0}),
    "JPEG 50 MP, progressive, 4:2:0": ("JPEG", (8600, 5800), "RGB", {"progressive": True}),
    "TIFF 12 MP": ("TIFF", (4000, 3100), "RGB", {"compression": "tiff_lzw"}),
}


def picture(file_format: str, size: tuple[int, int], mode: str, options: dict[str, Any]) -> bytes:
    if mode == "1":
        image = Image.new("L", size)
    else:
        grain = Image.effect_noise((max(1, size[0] // 24), max(1, size[1] // 24)), 80).resize(size)
        image = Image.merge("RGB", (grain, grain.transpose(Image.Transpose.FLIP_LEFT_RIGHT), grain))
        image = image.convert("L").convert("I").convert("I;16") if mode == "I;16" else image.convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def rate(call: Callable[[], object]) -> float:
    call()
    started = time.perf_counter()
    for _ in range(REQUESTS):
        call()
    return REQUESTS / (time.perf_counter() - started)


def in_process() -> None:
    sandbox = Sandbox(balance="1000000", evaluation_seconds=0)
    with sandbox.client() as client:
        evaluation = client.evaluations.submit("https://images.example.com/a.png", "headshot")
        gets = rate(lambda: client.evaluations.get(evaluation.id))
        submits = rate(lambda: client.evaluations.submit("https://images.example.com/a.png", "headshot"))
    print(f"in process: {gets:,.0f} GETs/s, {submits:,.0f} submits/s, each through the whole client")


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Serve a sandbox in a process of its own; give its URL and process id."""
    command = [sys.executable, "-m", "runflow_client.sandbox", "--quiet", "--evaluation-seconds", "0"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"RUNFLOW_BASE_URL=(\S+)", line):
                print(f"server: ready after {time.perf_counter() - started:.2f} s")
                yield found[1], process.pid
                break
    finally:
        process.terminate()
        process.wait()


def megabytes(pid: int) -> int:
    """Return the most memory that a process had (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+)", status)
    assert found is not None
    return int(found[1]) // 1024


class HealthWatch(threading.Thread):
    """Asks for /v1/health over and over while its `with` block runs.

    Attributes:
        seconds: how long each request took.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._stopped = threading.Event()
        self.seconds: list[float] = []

    def run(self) -> None:
        with httpx.Client(base_url=self._url, trust_env=False) as client:
            client.get("/v1/health")  # opens the connection
            while not self._stopped.wait(0.002):
                started = time.perf_counter()
                client.get("/v1/health")
                self.seconds.append(time.perf_counter() - started)

    def __enter__(self) -> HealthWatch:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        self.join()

    def summary(self) -> str:
        found = sorted(self.seconds)
        return f"up to {found[-1] * 1000:3.0f} ms, 99 % in {found[int(len(found) * 0.99)] * 1000:3.0f} ms"


def judge(name: str, content: bytes) -> None:
    with served() as (url, pid), Runflow("rf_sandbox_key", base_url=url) as client:
        # Uploaded before the clock starts, so that only judging is timed.
        asset = client.assets.upload(content, filename="a")
        with HealthWatch(url) as before:
            time.sleep(IDLE)
        with HealthWatch(url) as meanwhile:
            try:
                verdict = str(client.evaluations.evaluate(asset.ref or "", "headshot", poll=POLL).verdict)
            except EvaluationFailedError as failed:
                verdict = str(failed).partition(": ")[2][:60]
        print(
            f"  {name:32s} {len(content) / 1e6:5.1f} MB, {megabytes(pid):4d} MB of memory, /v1/health {meanwhile.summary()} "
            f"(before it {before.summary()}): {verdict}"
        )


def main() -> int:
    in_process()
    for name, (file_format, size, mode, options) in IMAGES.items():
        judge(name, picture(file_format, size, mode, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
