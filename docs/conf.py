"""The configuration of the documentation site; `make docs` builds it."""

import runpy
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "wrapper"), str(ROOT / "generated")]

from scripts.documentation.pages import source_of  # noqa: E402  the path has to be set first

project = "runflow-client"
release = runpy.run_path(str(ROOT / "wrapper" / "runflow_client" / "_version.py"))["__version__"]
copyright = "the runflow-client authors, MIT license"  # noqa: A001  Sphinx sets the name

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["README.md"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
# The docstrings mark code by single backticks, as Markdown does.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
add_module_names = False
maximum_signature_line_length = 80
autodoc_preserve_defaults = True
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = "runflow-client"
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
# These have no pages below them, so that a list of the section would be empty.
html_sidebars = {name: [] for name in ("index", "first-verdict", "contract", "promises")}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
# A page that is opened from the disk may not fetch the others.
html_show_search_summary = False


SECTIONS = {"Args:", "Raises:", "Returns:", "Example:", "Attributes:"}
plain: dict[str, list[str]] = {}


def read_source(application: Sphinx, name: str, source: list[str]) -> None:
    source[0] = source_of(name, source[0])


def keep_docstring(application: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    if what in ("attribute", "data", "property") and not SECTIONS & {line.strip() for line in lines}:
        plain[name] = lines[:]


def restore_docstring(
    application: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Undo what napoleon does to an attribute: it takes the text before a colon, also that of a URL, for its type."""
    if name in plain:
        lines[:] = plain.pop(name)


def hide_signature(
    application: Sphinx,
    what: str,
    name: str,
    thing: object,
    options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str, str] | None:
    """Hide the arguments of what a user does not make: the errors, and the resources of a client."""
    return ("", "") if what == "exception" or (what == "class" and ".client.resources." in name) else None


def setup(application: Sphinx) -> None:
    application.connect("source-read", read_source)
    application.connect("autodoc-process-signature", hide_signature)
    application.connect("autodoc-process-docstring", keep_docstring, priority=400)
    application.connect("autodoc-process-docstring", restore_docstring, priority=600)
