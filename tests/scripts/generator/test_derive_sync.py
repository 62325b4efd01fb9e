import subprocess
import sys
from pathlib import Path

import pytest

from scripts.generator import derive_sync

SOURCE = Path("package/async_client.py")
TARGET = Path("package/sync_client.py")

ASYNC_TEXT = '''"""The client."""

from package.async_evaluations import AsyncEvaluations
from package.drivers import AsyncDriver
from package.sorted_later import something


class AsyncRunflow:
    """The client; `on_update` is a function or coroutine function.

    Example:
        >>> import asyncio
        >>> async def main():
        ...     async with Sandbox().async_client() as client:
        ...         return await client.evaluations.get("id")
        >>> print(asyncio.run(main()))
        None
    """

    def __init__(self) -> None:
        self._driver = AsyncDriver()
        self.evaluations = AsyncEvaluations(self._driver)

    async def aclose(self) -> None:
        await self._driver.aclose()

    async def __aenter__(self) -> "AsyncRunflow":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def names(self) -> list[str]:
        async with self._driver:
            return [name async for name in something() if await name.ready()]
'''

SYNC_TEXT = '''# Derived from async_client.py by `make derive`; edit that file instead.
"""The client."""

from package.drivers import SyncDriver
from package.sorted_later import something
from package.sync_evaluations import Evaluations


class Runflow:
    """The client; `on_update` is a function.

    Example:
        >>> def main():
        ...     with Sandbox().client() as client:
        ...         return client.evaluations.get("id")
        >>> print(main())
        None
    """

    def __init__(self) -> None:
        self._driver = SyncDriver()
        self.evaluations = Evaluations(self._driver)

    def close(self) -> None:
        self._driver.close()

    def __enter__(self) -> "Runflow":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def names(self) -> list[str]:
        with self._driver:
            return [name for name in something() if name.ready()]
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "package").mkdir()
    (tmp_path / SOURCE).write_text(ASYNC_TEXT, encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str) -> int:
    return derive_sync.main(arguments, root=project, sources=[SOURCE])


def test_writes_the_sync_text_of_code_docstrings_and_examples(project: Path) -> None:
    assert run(project) == 0
    # The imports, whose new names sort differently, are in order again.
    assert (project / TARGET).read_text(encoding="utf-8") == SYNC_TEXT


def test_check_accepts_what_was_just_written(project: Path) -> None:
    run(project)
    assert run(project, "--check") == 0


def test_check_shows_hand_edit_and_command_to_undo_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(project)
    edited = SYNC_TEXT.replace("return self\n", "return self  # edited\n")
    (project / TARGET).write_text(edited, encoding="utf-8")
    assert run(project, "--check") == 1
    printed = capsys.readouterr()
    assert "-        return self  # edited" in printed.out
    assert "make derive" in printed.err
    assert (project / TARGET).read_text(encoding="utf-8") == edited, "a check writes nothing"


def test_check_notices_an_edit_of_the_async_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(project)
    (project / SOURCE).write_text(ASYNC_TEXT.replace("def names", "def labels"), encoding="utf-8")
    assert run(project, "--check") == 1
    assert "+    def labels" in capsys.readouterr().out


def test_check_notices_a_sync_file_that_was_never_written(project: Path) -> None:
    assert run(project, "--check") == 1
    assert not (project / TARGET).exists()


@pytest.mark.parametrize(
    "line",
    [
        "task = asyncio.current_task()",
        "on_update: Callable[[int], Awaitable[None]]",
        '"""To be awaited."""',
        "name = 'async'",
    ],
)
def test_line_without_rule_is_rejected_with_its_place(
    project: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    (project / SOURCE).write_text(f"import os\n\n{line}\n", encoding="utf-8")
    assert run(project) == 1
    assert f"{SOURCE}:3:" in capsys.readouterr().err
    assert not (project / TARGET).exists()


def test_a_result_that_is_no_python_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / SOURCE).write_text("def f(:\n", encoding="utf-8")
    assert run(project) == 1
    assert str(TARGET) in capsys.readouterr().err


def test_a_listed_file_that_is_missing_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / SOURCE).unlink()
    assert run(project) == 1
    assert str(SOURCE) in capsys.readouterr().err


def test_sync_files_are_up_to_date_from_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, derive_sync.__file__, "--check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_rule_that_changes_no_source_is_refused() -> None:
    with pytest.raises(derive_sync.UnderivableError, match="changes no source"):
        derive_sync.check_rules(["x = 1\n"])
