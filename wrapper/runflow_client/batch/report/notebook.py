"""What notebooks show of a batch."""

from __future__ import annotations

from ...models.html import COLOURS, badge
from ..outcomes import Totals

_BAR = "display:flex;height:.8em;max-width:32em;border-radius:.4em;overflow:hidden;margin:.4em 0"


def totals_html(totals: Totals) -> str:
    """Return the totals of a batch as a bar and a line of labels."""
    counts = {
        "passed": totals.passed,
        "rejected": totals.rejected,
        "undecided": totals.undecided,
        "failed": totals.failed,
        "error": totals.errors,
    }
    parts = "".join(
        f'<div style="flex:{count};background:{COLOURS[name]}" title="{count:,} {name}"></div>'
        for name, count in counts.items()
        if count
    )
    labels = " &ensp; ".join(f"{badge(name)} {count:,}" for name, count in counts.items() if count)
    in_progress = f", {totals.submitted:,} submitted" if totals.submitted else ""
    over_budget = f", {totals.over_budget:,} over the budget" if totals.over_budget else ""
    return (
        f"<div><strong>{totals.ended - totals.over_budget:,}</strong> ended{in_progress}{over_budget}, {totals.spent:f} credits spent"
        f'<div style="{_BAR}">{parts}</div>{labels}</div>'
    )
