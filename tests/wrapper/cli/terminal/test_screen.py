from __future__ import annotations

import io
import re
import sys

import pytest

from runflow_client._redaction import Secret
from runflow_client.cli.terminal.screen import Screen, console_of
from runflow_client.cli.terminal.words import Cell, plain_lines, printable


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")


def written(stream: io.StringIO) -> str:
    screen = Screen(stdout=stream, stderr=io.StringIO())
    screen.hide(Secret("s3cret"))
    screen.table([(Cell("passed", "passed", 9), "a.png", "one two three four five six s3cret")], indent=2)
    return stream.getvalue()


def test_file_gets_plain_aligned_lines() -> None:
    assert written(io.StringIO()) == "  passed     a.png  one two three four five six [secret cut]\n"


def test_terminal_gets_colours_and_lines_that_fit() -> None:
    found = written(Terminal())
    assert "\x1b[1;32mpassed" in found
    assert len(found.splitlines()) > 1
    assert "s3cret" not in found


def test_no_color_leaves_colours_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;32m" not in written(Terminal())


def test_terminal_without_rich_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert console_of(Terminal()) is None
    assert written(Terminal()) == written(io.StringIO())


def test_narrow_terminal_cuts_nothing_off() -> None:
    stream = Terminal()
    cells = (
        Cell("rejected", "rejected", 9),
        "0.25",
        "photos/a-long-name.png",
        "01a21615-f2e4-7a14-a6ff-000000000000",
        "0.05",
    )
    Screen(stdout=stream, stderr=io.StringIO()).line(*cells)
    found = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert max(map(len, found.splitlines())) <= 40
    assert found.split() == ["rejected", *cells[1:]]


def test_json_on_a_terminal_is_one_unbroken_line() -> None:
    stream = Terminal()
    Screen(json=True, stdout=stream, stderr=io.StringIO()).result(
        {"text": "x" * 100, "image": "data:image/png;base64,AA"}
    )
    assert stream.getvalue() == '{"text":"' + "x" * 100 + '","image":"[image data cut]"}\n'


def test_rows_of_different_lengths_are_aligned() -> None:
    rows = [[Cell("a"), Cell("b")], [Cell("long", width=6)], [Cell("c"), Cell("d"), Cell("e")]]
    assert plain_lines(rows) == ["a       b", "long", "c       d  e"]
    assert plain_lines([]) == []


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_table_without_rows_writes_nothing(stream: io.StringIO) -> None:
    Screen(stdout=stream, stderr=io.StringIO()).table([])
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb\nc", "a [31mb c"),
        ("https://a.example/b?X-Signature=1", "https://a.example/b?[query cut]"),
        ("x" * 20, "xxxxxxx..."),
        (3, "3"),
    ],
)
def test_text_from_outside_is_shown_without_control_characters(text: object, shown: str) -> None:
    assert printable(text, 10 if text == "x" * 20 else 0) == shown
