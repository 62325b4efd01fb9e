from __future__ import annotations

import asyncio
from decimal import Decimal

from batches import requests, sandbox

from runflow_client.batch.outcomes import Totals
from runflow_client.batch.report.notebook import totals_html
from runflow_client.models.html import COLOURS


def test_totals_are_a_bar_and_labels() -> None:
    html = totals_html(Totals(submitted=9, passed=1_200, rejected=2, errors=1, spent=Decimal("48.10")))
    assert "<strong>1,203</strong> ended, 9 submitted, 48.10 credits spent" in html
    assert f'flex:1200;background:{COLOURS["passed"]}" title="1,200 passed"' in html
    assert "rejected</strong> 2" in html and "undecided" not in html


def test_items_over_the_budget_have_not_ended() -> None:
    html = totals_html(Totals(passed=2, over_budget=1_000))
    assert "<strong>2</strong> ended, 1,000 over the budget, 0 credits spent" in html


def test_batch_in_notebook_shows_totals_so_far() -> None:
    with sandbox().client() as client:
        batch = client.evaluations.evaluate_many(requests(2))
        assert "<strong>0</strong> ended" in batch._repr_html_()
        list(batch)
        assert "<strong>2</strong> ended" in batch._repr_html_()


def test_async_batch_in_notebook_shows_totals_so_far() -> None:
    async def main() -> None:
        async with sandbox().async_client() as client:
            batch = client.evaluations.evaluate_many(requests(2))
            assert "<strong>0</strong> ended" in batch._repr_html_()
            assert len([outcome async for outcome in batch]) == 2
            assert "<strong>2</strong> ended" in batch._repr_html_()

    asyncio.run(main())
