"""Build the documentation site into build/site, without network, and check every link and every file that its pages load.

    python -m scripts.documentation.build

A warning of Sphinx is an error. The pages are in docs/; the reference is read from the docstrings, the contract from openapi.yaml.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

from scripts.documentation.checks import problems_of

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "site"


def main() -> int:
    shutil.rmtree(SITE, ignore_errors=True)
    options = ["--fail-on-warning", "--keep-going", "--quiet", "--fresh-env", "--jobs", "auto"]
    cache = ["--doctree-dir", str(ROOT / "build" / "doctrees")]
    status: int = sphinx([*options, *cache, "--builder", "html", str(ROOT / "docs"), str(SITE)])
    if status != 0:
        return status
    problems = problems_of(SITE)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    print(f"{SITE.relative_to(ROOT)}/index.html: {len(list(SITE.rglob('*.html')))} pages, every link leads somewhere")
    return 0


if __name__ == "__main__":
    sys.exit(main())
