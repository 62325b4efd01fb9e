"""Measure the report page: how long it takes to write and to open, its size, and how smoothly it scrolls.

    make pages-environment
    PYTHONPATH=wrapper:generated:tests/support .venv-pages/bin/python -m scripts.measure.measure_report [--items 5000 50000] [--images]

The browser is the one of `make test-pages`. Times are those of this machine, whatever else it does.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from report_batches import fill, usual_items

from runflow_client.batch.report.page import ReportSummary, write_report
from runflow_client.sandbox import blurred_picture, sharp_picture
from scripts.testing.pages import chromium

_SCROLL = """async () => {
  const pauses = [];
  let last = performance.now();
  for (let frame = 0; frame < 240; frame += 1) {
    scrollBy(0, 150);
    await new Promise(requestAnimationFrame);
    pauses.push(performance.now() - last);
    last = performance.now();
  }
  pauses.sort((one, other) => one - other);
  return [pauses[120], pauses[228], pauses[239]];
}"""
_SEARCH = "() => { const begun = performance.now(); change({ q: 'scarf hands' }); return performance.now() - begun; }"
_HEAP = "performance.memory.usedJSHeapSize"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def written(folder: Path, items: int, with_images: bool) -> ReportSummary:
    """Write the report of a batch, and print what that took."""
    if with_images:
        pictures = [picture(seed) for seed in range(6) for picture in (sharp_picture, blurred_picture)]
        for number, (name, *_) in enumerate(usual_items(items)):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(pictures[number % len(pictures)])
    journal = fill(folder / "batch.journal", usual_items(items))
    begun, begun_cpu = time.perf_counter(), time.process_time()
    report = write_report(journal, folder / "report.html", images=folder)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{items:,} items, {report.thumbnails:,} thumbnails: {report.size / 1e6:.1f} MB, written in {seconds:.1f} s "
        f"({cpu:.1f} s CPU), process at most {memory:.0f} MB"
    )
    return report


def open_in(browser: Browser, report: ReportSummary) -> None:
    """Open a page, and print how long that takes and how it answers."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    begun = time.perf_counter()
    page.goto(report.path.as_uri(), wait_until="commit")
    page.wait_for_selector("#cards li", timeout=120_000)
    first = time.perf_counter() - begun
    page.wait_for_selector("html[data-ready]", timeout=120_000)
    ready = time.perf_counter() - begun
    heap = page.evaluate(_HEAP) / 1e6
    median, most, longest = page.evaluate(_SCROLL)
    search = page.evaluate(_SEARCH)
    print(
        f"  first cards after {first:.2f} s, all loaded after {ready:.2f} s, heap {heap:.0f} MB\n"
        f"  scrolling: a frame every {median:.0f} ms, 95 % within {most:.0f} ms, longest {longest:.0f} ms; "
        f"a search of all texts takes {search:.0f} ms"
    )
    page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the report page.")
    parser.add_argument("--items", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument(
        "--images", action="store_true", help="with a local image for each item, of which thumbnails are made"
    )
    options = parser.parse_args()
    program = chromium(os.environ)
    if program is None:
        parser.error("there is no Chromium: `make test-pages` says how to install it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        for items in options.items:
            with tempfile.TemporaryDirectory() as folder:
                open_in(browser, written(Path(folder), items, options.images))
        browser.close()


if __name__ == "__main__":
    main()
