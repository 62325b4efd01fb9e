"""The error of a missing library names a command that works without a checkout and without an index that has this package."""

import importlib.metadata
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from runflow_client._extras import install_command, missing_library

PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_command_names_every_distribution_of_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        "httpx>=0.28",
        "pillow>=11.3; extra == 'sandbox'",
        'jsonschema>=4.23 ; extra == "sandbox"',
        "rich; extra == 'cli'",
    ]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: lines)
    assert install_command("sandbox", "PIL") == 'pip install "pillow>=11.3" "jsonschema>=4.23"'


def test_message_names_user_module_and_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: ["shtab>=1.9; extra == 'cli'"])
    assert missing_library("completion", "shtab", "cli") == (
        'completion needs shtab, which is not installed: pip install "shtab>=1.9"'
    )


@pytest.mark.parametrize(
    ("module", "distribution"), [("PIL", "pillow"), ("psycopg", "psycopg[binary]"), ("rich", "rich")]
)
def test_command_without_metadata_names_the_missing_distribution(
    monkeypatch: pytest.MonkeyPatch, module: str, distribution: str
) -> None:
    def absent(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", absent)
    assert install_command("any", module) == f'pip install "{distribution}"'


@pytest.mark.parametrize("extra", PROJECT["optional-dependencies"])
def test_installed_metadata_has_the_extras(extra: str) -> None:
    command = install_command(extra, "none").removeprefix("pip install ").strip('"').split('" "')
    declared = PROJECT["optional-dependencies"][extra]
    assert {str(Requirement(line)) for line in command} == {str(Requirement(line)) for line in declared}
