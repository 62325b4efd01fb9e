"""Makes the sources of the site's pages: pages of the repository's top folder, the contract, and links that lead out of docs/."""

from __future__ import annotations

import os
import re
from pathlib import Path

from scripts.documentation.contract_page import contract_page

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Pages of the site that stand elsewhere in the repository.
ELSEWHERE = {"changelog": "CHANGELOG.md", "security": "SECURITY.md", "contributing": "CONTRIBUTING.md"}
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)([^)#\s]+)(#[^)\s]*)?\)")


def source_of(name: str, text: str) -> str:
    """Return the Markdown of a page of the site, given what its file in docs/ holds."""
    if name == "contract":
        return text + contract_page((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    if name in ELSEWHERE:
        path = ROOT / ELSEWHERE[name]
        return site_links(path.read_text(encoding="utf-8"), path)
    return site_links(text, DOCS / f"{name}.md")


def site_links(text: str, page: Path) -> str:
    """Replace the links of a page that lead to other files of the repository: by the page of the site, or by the file's name."""

    def replaced(link: re.Match[str]) -> str:
        words, target, anchor = link[1], (page.parent / link[2]).resolve(), link[3] or ""
        for name, elsewhere in ELSEWHERE.items():
            if target == ROOT / elsewhere:
                target = DOCS / f"{name}.md"
        if target == ROOT / "README.md":
            target = DOCS / "index.md"
        if target.is_relative_to(DOCS) and target.suffix == ".md" and target.name != "README.md":
            return (
                f"[{words}]({os.path.relpath(target, DOCS / '.')}{anchor})" if page.parent in (DOCS, ROOT) else link[0]
            )
        if target.is_relative_to(DOCS) and target.is_file() and target.name != "README.md":
            return link[0]
        words = words.strip("`")
        return f"`{words}`" if "/" in words or "." in words else f"{words} (`{target.relative_to(ROOT).as_posix()}`)"

    return LINK.sub(replaced, text)
