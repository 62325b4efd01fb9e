"""File names of every kind, also those that are not valid UTF-8."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runflow_client import errors
from runflow_client.runtime.files import images
from runflow_client.runtime.files.uploads import open_upload
from runflow_client.sandbox import Sandbox

PNG = b"\x89PNG\r\n\x1a\n"
LARGE = PNG + bytes(images.INLINE_LIMIT)


def test_file_name_that_is_not_utf_8_is_sent(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    path.write_bytes(LARGE)
    with Sandbox().client() as client:
        sent = [client.assets.upload(path), client.assets.upload(LARGE, filename=path.name)]
        for name in (path, os.fsencode(path)):
            with open(name, "rb") as file:
                sent.append(client.assets.upload(file))
        assert [asset.name for asset in sent] == ["caf\ufffd.png"] * 4
        assert client.evaluations.submit(path, "headshot").id is not None


@pytest.mark.parametrize(
    ("name", "filename"),
    [
        (b"caf\xe9.png", "caf\ufffd.png"),
        ("café.png".encode(), "café.png"),
        (b"\xff\xfe.png", "\ufffd\ufffd.png"),
    ],
)
def test_file_name_and_label_are_printable_and_encodable(name: bytes, filename: str, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    path.write_bytes(PNG)
    upload = open_upload(path, "image", image_only=True)
    assert upload.filename == filename
    assert upload.label.isprintable()
    upload.label.encode("utf-8")
    upload.close()
    for named in (path, os.fsencode(path)):
        with open(named, "rb") as file:
            upload = open_upload(file, "image", image_only=True)
            assert upload.filename == filename
            upload.close()


def test_missing_file_with_undecodable_name_has_printable_error(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    with pytest.raises(errors.InvalidRequestError) as caught:
        images.load(path, "image")
    assert str(caught.value).isprintable()
    assert "caf\\udce9.png' cannot be read: No such file" in str(caught.value)


def test_file_opened_by_descriptor_is_named_after_its_type(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    with open(os.open(tmp_path / "a.png", os.O_RDONLY), "rb") as file:
        upload = open_upload(file, "source", image_only=True)
        assert upload.filename == "image.png"
        upload.close()


class BytesPath:
    """A path-like object that returns bytes, as os.PathLike allows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> bytes:
        return os.fsencode(self.path)


def test_path_like_object_of_bytes_gives_text_as_filename(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    upload = open_upload(BytesPath(tmp_path / "a.png"), "source", image_only=True)
    assert upload.filename == "a.png"
    upload.close()
