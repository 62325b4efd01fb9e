from __future__ import annotations

from pathlib import Path

import pytest
from batches import PICTURE

from runflow_client import EvaluationRequest
from runflow_client.batch.journals.content import digest_of, image_digest
from runflow_client.runtime.files.images import INLINE_LIMIT, load

URL = "https://images.example.com/a.png"
LARGE = PICTURE + bytes(INLINE_LIMIT)


def digest(image: str | Path | bytes, *references: str, **fields: str) -> str:
    return digest_of(
        EvaluationRequest(URL, "headshot", **fields), [load(each, "image") for each in (image, *references)]
    )


@pytest.mark.parametrize("content", [PICTURE, LARGE], ids=["inline", "uploaded"])
def test_digest_ends_with_that_of_the_image(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    whole, image = digest(path).split(".")
    assert image == image_digest(load(path, "image")) == image_digest(load(content, "image"))
    other, same = digest(path, client_ref="other").split(".")
    assert (other != whole, same) == (True, image)
    path.write_bytes(content + b"x")
    assert image_digest(load(path, "image")) != image


def test_digest_of_an_address_has_none_of_its_image() -> None:
    assert "." not in digest(URL)
    assert digest(f"{URL}?signature=1#top") == digest(URL) != digest(f"{URL}x")
    assert image_digest(URL) is None
