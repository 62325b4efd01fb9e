import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_wheel_holds_typed_packages_and_contract(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        "runflow_client/__init__.py",
        "runflow_client/py.typed",
        "runflow_client/batch/report/template/page.html",
        "runflow_client/batch/report/template/page.css",
        "runflow_client/batch/report/template/page.js",
        "runflow_api/__init__.py",
        "runflow_api/py.typed",
        "runflow_api/openapi.json",
    } <= names
    folders = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert folders == {"runflow_client", "runflow_api"}
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_source_archive_holds_files_needed_by_makefile(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {
        "Makefile",
        "openapi.yaml",
        "pyproject.toml",
        "requirements/dev.txt",
        "requirements/generate.txt",
        "scripts/upkeep/environments.py",
        "wrapper/runflow_client/__init__.py",
        "generated/runflow_api/__init__.py",
        "tests/test_distribution.py",
    } <= names
    assert not any(name.startswith(".venv") for name in names)


def test_installed_packages_are_importable(tmp_path: Path) -> None:
    code = "import runflow_api, runflow_client; print(runflow_api.__file__); print(runflow_client.__file__)"
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == [
        str(ROOT / "generated" / "runflow_api" / "__init__.py"),
        str(ROOT / "wrapper" / "runflow_client" / "__init__.py"),
    ]
