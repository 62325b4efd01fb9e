"""Measure lines of code, and the requests and delay of a wait; `make bench` measures speed and memory.

Usage: .venv/bin/python -m scripts.measure.figures
"""

from __future__ import annotations

from pathlib import Path

from runflow_client.sandbox import Sandbox, sharp_picture

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("generated", "wrapper", "wrapper/runflow_client/sandbox", "scripts", "tests")


def lines_of_code() -> None:
    print("lines of Python without blank lines and comments")
    for folder in FOLDERS:
        files = sorted((ROOT / folder).rglob("*.py"))
        lines = [line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines()]
        count = sum(1 for line in lines if line and not line.startswith("#"))
        print(f"  {folder:32}{len(files):5} files{count:8} lines")


def waits() -> None:
    print("a wait on the virtual clock, 0.05 s per request; compared with a poll every 2 s")
    for seconds in (20, 60, 240):
        sandbox = Sandbox(evaluation_seconds=seconds)
        with sandbox.client() as client:
            pending = client.evaluations.submit(sharp_picture(), "headshot")
            ended_at = sandbox.clock.now() - sandbox.request_seconds / 2 + seconds
            client.evaluations.wait(pending)
        polls = sum(1 for request in sandbox.requests if request.method == "GET")
        late = sandbox.clock.now() - ended_at
        print(f"  {seconds:4} s: {polls:3} requests, {late:5.2f} s late   (fixed: {seconds // 2} requests)")


if __name__ == "__main__":
    lines_of_code()
    waits()
