"""PyInstaller finds the hooks of the wheel; `make package` freezes a program with them."""

import importlib.metadata
import runpy
import sys
import types
from pathlib import Path

import pytest

import runflow_client


def test_entry_point_returns_folder_of_hooks() -> None:
    (entry,) = importlib.metadata.entry_points(group="pyinstaller40", name="hook-dirs").select(
        module="runflow_client._pyinstaller"
    )
    (folder,) = entry.load()()
    assert {path.stem for path in Path(folder).glob("hook-*.py")} == {"hook-runflow_api", "hook-runflow_client"}


@pytest.mark.parametrize("name", ["runflow_api", "runflow_client"])
def test_hook_collects_data_and_lazy_modules(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = types.ModuleType("PyInstaller.utils.hooks")
    modules = [f"{name}.one", f"{name}.pytest_plugin"]
    monkeypatch.setattr(hooks, "collect_data_files", lambda package, **options: [(package, package)], raising=False)
    monkeypatch.setattr(
        hooks, "collect_submodules", lambda package, filter=bool: [*filter_modules(modules, filter)], raising=False
    )
    monkeypatch.setitem(sys.modules, "PyInstaller", types.ModuleType("PyInstaller"))
    monkeypatch.setitem(sys.modules, "PyInstaller.utils", types.ModuleType("PyInstaller.utils"))
    monkeypatch.setitem(sys.modules, "PyInstaller.utils.hooks", hooks)
    folder = Path(runflow_client.__file__).parent / "__pyinstaller"
    found = runpy.run_path(str(folder / f"hook-{name}.py"))
    assert found["datas"] == [(name, name)]
    assert f"{name}.one" in found["hiddenimports"]


def filter_modules(modules: list[str], wanted: object) -> list[str]:
    assert callable(wanted)
    return [module for module in modules if wanted(module)]
