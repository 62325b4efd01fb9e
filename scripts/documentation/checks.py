"""Finds links of a built site that lead nowhere, and files that its pages would load from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself when it shows a page.
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}


class Page(HTMLParser):
    """The anchors, links and loaded files of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        if tag in LOADED and LOADED[tag] in values:
            self.loaded.append(values[LOADED[tag]])
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])


def problems_of(site: Path) -> list[str]:
    """Return what is wrong with the links and files of a site; empty if nothing is."""
    # The theme's templates lie among its static files.
    paths = (path for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts)
    pages = {path: Page(path) for path in paths}
    return [
        f"{path.relative_to(site)}: {problem}"
        for path, page in pages.items()
        for problem in _problems(path, page, pages)
    ]


def _problems(path: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    for url in page.loaded:
        if urlsplit(url).scheme not in ("", "data") or urlsplit(url).netloc:
            yield f"loads {url} from elsewhere"
        elif not urlsplit(url).scheme and not _target(path, url).exists():
            yield f"loads {url}, which is missing"
    for url in page.links:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        target = _target(path, url)
        if not target.exists():
            yield f"links to {url}, which is missing"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"links to {url}, and there is no such heading"


def _target(path: Path, url: str) -> Path:
    name = unquote(urlsplit(url).path)
    target = (path.parent / name).resolve() if name else path
    return target / "index.html" if target.is_dir() else target
