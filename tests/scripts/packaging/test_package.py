"""The checks of the distributions report what they find. `make package` runs them: they install from the index."""

import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from scripts.packaging import installs
from scripts.packaging.build import compare
from scripts.packaging.package import main
from scripts.packaging.programs import ProgramFailedError, run

ROOT = Path(__file__).resolve().parents[3]


def wheel(path: Path, content: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("package/__init__.py", content)
        archive.writestr(
            "package-1.dist-info/METADATA", "Name: package\nProvides-Extra: sandbox\nProvides-Extra: more\n"
        )
    return path


def test_every_extra_says_what_it_is_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["optional-dependencies"]) <= set(installs.USES)


def test_extras_are_read_from_wheel(tmp_path: Path) -> None:
    assert installs.extras_of(wheel(tmp_path / "one.whl", "")) == ["sandbox", "more"]


def test_wheel_with_other_content_is_named(tmp_path: Path) -> None:
    first, second = wheel(tmp_path / "one.whl", "a = 1"), wheel(tmp_path / "two.whl", "a = 2")
    compare(first, first)
    with pytest.raises(ProgramFailedError, match=r"package/__init__\.py"):
        compare(first, second)


def test_failed_program_raises_with_output(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailedError, match="exit status 3, not 0"):
        run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_failed_check_is_named_and_others_run(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise ProgramFailedError("the wheel is empty")

    assert main(["one", "two"], {"one": fails, "two": lambda: None}) == 1
    printed = capsys.readouterr().out
    assert "the wheel is empty" in printed
    assert "1 of 2 checks failed: one" in printed
