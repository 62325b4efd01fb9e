"""Fixtures of all property tests."""

from __future__ import annotations

from collections.abc import Iterator

import fault_injection
import pytest

from runflow_client.sandbox.service.assets import spool


@pytest.fixture(autouse=True, scope="module")
def _uploads_in_memory() -> Iterator[None]:
    """Keep the sandbox's uploads in memory, so that an open file is always one of the client."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "_IN_MEMORY", 100 * 1_048_576)
        yield


@pytest.fixture(autouse=True, scope="module")
def _pictures_on_disk(tmp_path_factory: pytest.TempPathFactory) -> None:
    fault_injection.write_pictures(tmp_path_factory.mktemp("pictures"))
