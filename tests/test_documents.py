"""The links between the pages of the documentation lead somewhere, and their code blocks are of known languages."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_linked_file_and_heading_exists(page: Path) -> None:
    broken = []
    for name, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{name}#{anchor}" if anchor else name)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_language_of_every_code_block_can_be_highlighted(page: Path) -> None:
    lexers = import_module("pygments.lexers")  # has no types
    for language in set(re.findall(r"^```([a-z]+)$", page.read_text(encoding="utf-8"), re.MULTILINE)):
        assert lexers.get_lexer_by_name(language), (
            "the site is built from these pages, and a language without a lexer ends the build"
        )


def test_architecture_links_every_layer() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "wrapper" / "runflow_client"
    layers = [path.name for path in package.iterdir() if path.name != "py.typed" and not path.name.startswith("__")]
    assert len(layers) > 8
    assert [name for name in layers if f"(../wrapper/runflow_client/{name})" not in text] == []
