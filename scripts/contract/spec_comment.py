"""Write what a pull request does to the contract: one comment, and annotations on the lines of openapi.yaml.

    python -m scripts.contract.spec_comment --base REF --comment FILE [--base-name NAME] [--labels JSON] [--spec FILE]

Writes the comment's text to FILE, nothing where nothing changed, and prints the annotations as workflow commands. Posting is left
to the workflow, which finds an earlier comment by the marker in its first line, and deletes it where the text is empty. Exit
status: 0 nothing breaks, or the label `breaking-change` accepts it;
1 something breaks without the label; 2 it could not be compared.
"""

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from scripts.contract.spec_changes.document import CannotCompareError
from scripts.contract.spec_changes.report import Report, annotated, annotation, as_markdown, cut
from scripts.contract.spec_changes.versions import compared

ROOT = Path(__file__).resolve().parents[2]
MARKER = "<!-- contract-changes -->"
LABEL = "breaking-change"


def comment(report: Report, *, accepted: bool) -> str:
    """The comment for a comparison; empty where nothing changed, so that an earlier one disappears."""
    if not report.changes:
        return ""
    lines = [MARKER, as_markdown(report)]
    if report.breaking and accepted:
        lines += ["", f"The label `{LABEL}` is set: the breaking change is meant."]
    elif report.breaking:
        lines += ["", f"This breaks users' code. If it is meant, set the label `{LABEL}`; without it the check fails."]
    return "\n".join(lines) + "\n"


def excuse(reason: str) -> str:
    """The comment for a comparison that could not be made; every line of the reason is indented, and so plain text."""
    told = "\n".join(f"    {line}" for line in reason.splitlines())
    return f"{MARKER}\n### Changes of the contract: could not compare\n\n{cut(told)}\n"


def labels(text: str) -> list[str]:
    """The names of a pull request's labels, from the JSON list that GitHub's `toJSON` gives."""
    found = json.loads(text or "[]")
    if not isinstance(found, list):
        raise ValueError("a list of labels is needed")
    return [str(label) for label in found]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the comment and the annotations for a change of the contract.")
    parser.add_argument("--base", metavar="REF", help="a git ref; the merge base with main")
    parser.add_argument("--base-name", metavar="NAME", help="what people call the base; the ref")
    parser.add_argument("--comment", type=Path, required=True, metavar="FILE", help="where to write the comment")
    parser.add_argument("--labels", type=labels, default=[], metavar="JSON", help="the pull request's labels")
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi.yaml", help="the contract, in a git work tree")
    options = parser.parse_args(arguments)
    accepted = LABEL in options.labels
    try:
        report = compared(options.spec, options.base, options.base_name)
        text = comment(report, accepted=accepted)
        lines = [*annotated(report, accepted=accepted)]
    except CannotCompareError as error:
        return failed(options.comment, str(error))
    except Exception:
        return failed(options.comment, traceback.format_exc())
    options.comment.write_text(text, encoding="utf-8")
    print("\n".join(lines))
    return 1 if report.breaking and not accepted else 0


def failed(file: Path, reason: str) -> int:
    file.write_text(excuse(reason), encoding="utf-8")
    print(annotation("error", 1, "could not compare", reason))
    print(f"Could not compare: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
