"""Runs openapi-python-client with the templates of this folder, and formats what it wrote."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .fields import GenerationError
from .plan import Plan, add_filters

_HERE = Path(__file__).resolve().parent
# The stock templates of these ask for an HTTP client, and judge answers themselves.
_DROPPED = ("client.py", "errors.py")


def build(spec_path: Path, config_path: Path, destination: Path) -> None:
    """Writes the package for a contract.

    Args:
        spec_path: The contract, YAML or JSON.
        config_path: The generator's configuration.
        destination: A folder that does not exist yet.

    Raises:
        GenerationError: Contract or configuration are not what the generator, or this project, can work with.
    """
    config = _read_config(config_path, spec_path, destination)
    spec = _read_spec(spec_path)
    data = GeneratorData.from_dict(spec, config=config)
    if isinstance(data, GeneratorError):
        raise GenerationError(_describe(data))
    project = Project(openapi=data, config=config, custom_template_path=_HERE / "templates")
    plan = Plan(data, spec)
    add_filters(project.env, plan)
    with redirect_stdout(StringIO()):  # it says where it writes to, which is a passing place
        problems = project.build()
    if problems:
        raise GenerationError("\n".join(_describe(problem) for problem in problems))
    for name in _DROPPED:
        (destination / name).unlink()
    for support in sorted((_HERE / "support").iterdir()):
        if support.is_file():
            shutil.copyfile(support, destination / support.name)
    (destination / "openapi.json").write_text(json.dumps(spec, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _format(destination)


def _read_config(path: Path, spec_path: Path, destination: Path) -> Config:
    """Reads the generator's configuration and refuses the keys that the generator would pass over."""
    settings = _read_yaml(path) or {}
    _refuse_unknown(path, settings, set(ConfigFile.model_fields))
    for name, override in (settings.get("class_overrides") or {}).items():
        _refuse_unknown(path, override, set(ClassOverride.model_fields), f"class_overrides.{name}.")
    try:
        checked = ConfigFile(**settings)
    except ValueError as error:
        raise GenerationError(f"{path.name}: {error}") from None
    return Config.from_sources(checked, MetaType.NONE, spec_path, "utf-8", overwrite=False, output_path=destination)


def _refuse_unknown(path: Path, settings: Any, known: set[str], prefix: str = "") -> None:
    if not isinstance(settings, dict):
        raise GenerationError(f"{path.name}: {prefix or 'the file'} needs to hold keys and values")
    if unknown := sorted(str(key) for key in settings if key not in known):
        names = ", ".join(prefix + key for key in unknown)
        raise GenerationError(f"{path.name}: the generator knows no key {names}; it knows {', '.join(sorted(known))}")


def _read_spec(path: Path) -> dict[str, Any]:
    """The contract as plain JSON values, in the order of the file."""
    spec = _read_yaml(path)
    if not isinstance(spec, dict):
        raise GenerationError(f"{path.name}: the contract needs to be an object")
    try:
        plain: dict[str, Any] = json.loads(json.dumps(spec, default=_refuse_value))
    except ValueError as error:
        raise GenerationError(f"{path.name}: {error}") from None
    return plain


def _read_yaml(path: Path) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise GenerationError(f"{path.name}: {error}") from None


def _refuse_value(value: object) -> Any:
    hint = "; put a date or time into quotes" if isinstance(value, date) else ""
    raise ValueError(f"{value} is a {type(value).__name__}, which JSON does not have{hint}")


def _format(folder: Path) -> None:
    """Formats with the ruff of this environment and the settings of this folder, whatever the machine's own are."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    for command in (("check", "--fix-only", "--exit-zero"), ("format",)):
        arguments = [
            sys.executable,
            "-I",
            "-m",
            "ruff",
            *command,
            "--quiet",
            "--no-cache",
            "--config",
            str(_HERE / "ruff.toml"),
            ".",
        ]
        done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise GenerationError(f"ruff {command[0]} failed:\n{done.stderr or done.stdout}")


def _describe(problem: GeneratorError) -> str:
    data = getattr(problem, "data", None)
    dumped = data.model_dump_json(exclude_unset=True, by_alias=True)[:400] if data is not None else ""
    return "\n".join(str(part) for part in (problem.header, problem.detail, dumped) if part)
