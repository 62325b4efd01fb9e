import re
import tomllib
from pathlib import Path

import pytest

from scripts.upkeep import lock

LOCK_FILES = [lock.ROOT / output for output in lock.LOCKS]


def locked_names(text: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", text, re.MULTILINE))


def wanted_names(requirements: list[str]) -> set[str]:
    names = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {name[0].lower().replace("_", "-") for name in names if name}


@pytest.mark.parametrize("file", LOCK_FILES, ids=lambda file: file.name)
def test_lock_file_has_hash_per_package_and_no_address(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not lock.has_address(text)
    packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert packages
    assert [package.splitlines()[0] for package in packages if "--hash=sha256:" not in package] == []


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://registry.example/simple\n",
        "six @ https://files.example/six.whl\n",
        "--extra-index-url file:///somewhere\n",
        "    --find-links /wheels\n",
        "-i simple\n",
        "# from http://registry.example\n",
    ],
)
def test_address_in_lock_file_is_detected(text: str) -> None:
    assert lock.has_address("attrs==25.1.0 \\\n    --hash=sha256:00\n" + text)


@pytest.mark.parametrize("name", ["dev", "mutation", "pages"])
def test_every_requirement_is_locked(name: str) -> None:
    project = tomllib.loads((lock.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = wanted_names((lock.ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines())
    required |= wanted_names(project["dependencies"]) | wanted_names(project["optional-dependencies"]["sandbox"])
    locked = locked_names((lock.ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8"))
    assert required - locked == set()
