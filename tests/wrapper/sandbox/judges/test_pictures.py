"""The generated pictures."""

import pytest

from runflow_client.sandbox import blurred_picture, sharp_picture


@pytest.mark.parametrize("picture", [sharp_picture, blurred_picture])
def test_picture_depends_on_its_seed_only_and_is_small(picture):
    assert picture() == picture(0)
    assert picture(0) != picture(1)
    assert picture()[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(picture()) < 300_000


def test_every_seed_has_enough_numbers():
    assert all(len(sharp_picture(seed)) < 300_000 for seed in (2, 77, 10**9, -1))
