"""What tests of pages share: one browser, and pages that fail their test where they request or log something."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

expect.set_options(timeout=30_000)  # a busy machine is no failure

# The background services of Chromium would ask for hosts of their own.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["RUNFLOW_CHROMIUM"], args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """A function that opens an address, or a file with what follows its name in the address.

    Its arguments: the address, `width` and `height` of the window, `theme` ("light" or "dark"), `own` (the beginning of
    addresses that the page may request), `first` (a script that runs before those of the page). A page that requests another
    address, logs an error or raises one fails the test.
    """
    contexts = []
    problems: list[str] = []

    def open_address(
        address: str | Path,
        after: str = "",
        *,
        width: int = 1400,
        height: int = 900,
        theme: Any = "light",
        own: str = "data:",
        first: str = "",
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(first)
        start = address.as_uri() if isinstance(address, Path) else address
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on(
            "console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("request", lambda request: _note_request(request.url, start, own, problems))
        page.goto(start + after)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert problems == []


def _note_request(url: str, start: str, own: str, problems: list[str]) -> None:
    if not (url.startswith(("data:", own)) or url.partition("#")[0] == start):
        problems.append(f"request: {url}")


@pytest.fixture(scope="session")
def barriers() -> Callable[[Page], list[str]]:
    """A function that lists what keeps people from using a page, as far as axe finds it: serious and critical findings."""

    def find(page: Page) -> list[str]:
        found = Axe().run(page).response["violations"]
        return [
            f"{finding['id']}: {[node['html'][:200] for node in finding['nodes'][:3]]}"
            for finding in found
            if finding["impact"] in ("serious", "critical")
        ]

    return find
