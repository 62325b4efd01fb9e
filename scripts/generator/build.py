"""Writes the package for a contract: openapi-python-client renders the templates of this folder, and ruff formats."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from .document import read_contract, read_yaml
from .overlay import apply_overlay
from .plan import Plan, add_filters, reduced
from .refusals import GenerationError

_HERE = Path(__file__).resolve().parent
# The stock templates of these ask for an HTTP client, and judge answers themselves.
_DROPPED = ("client.py", "errors.py")


def build(
    spec_path: Path, config_path: Path, destination: Path, overlay_path: Path | None = None, *, formatted: bool = True
) -> list[str]:
    """Writes the package for a contract.

    Args:
        spec_path: The contract, YAML or JSON.
        config_path: The generator's configuration.
        destination: A folder that does not exist yet.
        overlay_path: An OpenAPI Overlay to apply to the contract, where there is one.
        formatted: Whether the formatter is run, too.

    Returns:
        What a reader of the contract should know of what is generated, in sentences.

    Raises:
        GenerationError: Contract or configuration are not what the generator, or this project, can work with.
    """
    settings = _read_config(config_path)
    spec = read_contract(spec_path)
    if overlay_path is not None:
        apply_overlay(spec, overlay_path)
    overrides = {name: (each.class_name, each.module_name) for name, each in (settings.class_overrides or {}).items()}
    plan = Plan(spec, overrides)
    _render(plan, settings, spec_path, destination)
    for name in _DROPPED:
        (destination / name).unlink()
    for support in sorted((_HERE / "support").iterdir()):
        if support.is_file():
            shutil.copyfile(support, destination / support.name)
    (destination / "openapi.json").write_text(json.dumps(spec, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if formatted:
        format_folder(destination)
    return plan.notes


def _render(plan: Plan, settings: ConfigFile, spec_path: Path, destination: Path) -> None:
    document, classes = reduced(plan)
    overrides = {name: ClassOverride(**names) for name, names in classes.items()}
    checked = settings.model_copy(update={"class_overrides": overrides})
    config = Config.from_sources(checked, MetaType.NONE, spec_path, "utf-8", overwrite=False, output_path=destination)
    data = GeneratorData.from_dict(document, config=config)
    if isinstance(data, GeneratorError):
        raise GenerationError(_describe(data))
    found = {(str(each.class_info.module_name), str(each.class_info.name)) for each in (*data.models, *data.enums)}
    if missing := set(plan.classes()) - found:
        raise GenerationError(f"the names {sorted(missing)} are not what the generator makes of them")
    project = Project(openapi=data, config=config, custom_template_path=_HERE / "templates")
    add_filters(project.env, plan)
    with redirect_stdout(StringIO()):  # it says where it writes to, which is a passing place
        problems = project.build()
    if problems:
        raise GenerationError("\n".join(_describe(problem) for problem in problems))


def _read_config(path: Path) -> ConfigFile:
    """Reads the generator's configuration and refuses the keys that the generator would pass over."""
    settings = read_yaml(path) or {}
    _refuse_unknown(path, settings, set(ConfigFile.model_fields))
    for name, override in (settings.get("class_overrides") or {}).items():
        _refuse_unknown(path, override, set(ClassOverride.model_fields), f"class_overrides.{name}.")
    try:
        return ConfigFile(**settings)
    except ValueError as error:
        raise GenerationError(f"{path.name}: {error}") from None


def _refuse_unknown(path: Path, settings: Any, known: set[str], prefix: str = "") -> None:
    if not isinstance(settings, dict):
        raise GenerationError(f"{path.name}: {prefix or 'the file'} needs to hold keys and values")
    if unknown := sorted(str(key) for key in settings if key not in known):
        names = ", ".join(prefix + key for key in unknown)
        raise GenerationError(f"{path.name}: the generator knows no key {names}; it knows {', '.join(sorted(known))}")


def format_folder(folder: Path) -> None:
    """Formats with the ruff of this environment and the settings of this folder, whatever the machine's own are."""
    # Sorted after the unused ones are gone: a sorted import that was long once stays in many lines.
    mending = ("check", "--fix-only", "--exit-zero", "--select")
    for command in ((*mending, "F401"), (*mending, "I"), ("format",)):
        done = _run_ruff([*command, "--quiet", "--no-cache", "--config", str(_HERE / "ruff.toml"), "."], folder)
        if done.returncode != 0:
            raise GenerationError(f"ruff {command[0]} failed:\n{done.stderr or done.stdout}")


def _run_ruff(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    command = [sys.executable, "-I", "-m", "ruff", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _describe(problem: GeneratorError) -> str:
    return "\n".join(str(part) for part in (problem.header, problem.detail) if part)
