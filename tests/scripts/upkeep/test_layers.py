"""The import linter rejects an import against the layers of pyproject.toml."""

import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.upkeep import check

LIBRARY = "The library imports downwards"
SANDBOX = "The sandbox imports downwards"
CIRCLES = "No folder has a circle of imports"
GENERATED = "The generated layer imports nothing of the wrapper"
FLOWS = "Flows import no network, clock, thread or random source"
CALLBACKS = "Callbacks are verified without flows"
LIGHT = "Callbacks, errors, events and models import no HTTP library"

WRONG_IMPORTS = [
    ("runflow_client/flows/polling.py", "import runflow_client.runtime.clock", LIBRARY),
    ("runflow_client/client/options.py", "import runflow_client.sandbox.faults", LIBRARY),
    ("runflow_client/events.py", "from .errors import RunflowError", LIBRARY),
    ("runflow_client/sandbox/service/ids.py", "from ..sandbox import Sandbox", SANDBOX),
    ("runflow_client/runtime/transport/requests.py", "from .bodies import CHUNK", CIRCLES),
    ("runflow_api/models/balance.py", "import runflow_client.errors", GENERATED),
    ("runflow_client/_urls.py", "import time", FLOWS),
    ("runflow_client/callbacks/signatures.py", "import runflow_client.flows.base.steps", CALLBACKS),
    ("runflow_client/_redaction.py", "import httpx", LIGHT),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not Path(check.IMPORT_LINTER).exists():
        pytest.fail("the import linter is missing: run `make generate-environment`")
    folder = tmp_path_factory.mktemp("project")
    for name in ("wrapper", "generated"):
        shutil.copytree(check.ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(check.ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def planted(project: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    name, statement = request.param
    path = next(root / name for root in (project / "wrapper", project / "generated") if (root / name).exists())
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n{statement}\n", encoding="utf-8")
    yield
    path.write_text(text, encoding="utf-8")


def broken_contracts(project: Path) -> set[str]:
    done = subprocess.run(
        check.CHECKS["imports"],
        cwd=project,
        env=check.environment() | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    broken = {line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")}
    assert lines and (done.returncode == 1) == bool(broken), done.stdout + done.stderr
    return broken


def test_library_keeps_its_layers(project: Path) -> None:
    assert broken_contracts(project) == set()


@pytest.mark.parametrize(
    ("planted", "contract"),
    [((name, statement), contract) for name, statement, contract in WRONG_IMPORTS],
    indirect=["planted"],
    ids=[name for name, _, _ in WRONG_IMPORTS],
)
def test_import_against_layers_is_rejected(project: Path, planted: None, contract: str) -> None:
    assert contract in broken_contracts(project)


def test_every_contract_is_shown_by_a_wrong_import() -> None:
    settings = tomllib.loads((check.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == {contract for _, _, contract in WRONG_IMPORTS}


def test_new_folder_without_layer_is_rejected(project: Path) -> None:
    folder = project / "wrapper" / "runflow_client" / "attic"
    folder.mkdir()
    (folder / "__init__.py").touch()
    assert broken_contracts(project) == {LIBRARY}
    shutil.rmtree(folder)


def test_no_contract_has_an_exception() -> None:
    settings = tomllib.loads((check.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = {name for contract in settings["tool"]["importlinter"]["contracts"] for name in contract}
    assert not names & {"ignore_imports", "exhaustive_ignores", "skip_descendants", "allow_indirect_imports"}
