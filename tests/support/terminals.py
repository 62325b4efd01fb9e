"""Runs a command in a pseudoterminal, and shows what a person would see at the end."""

from __future__ import annotations

import os
import pty
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from commands import COMMAND

_WIDTH = 120


def run_in_terminal(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, *, typed: tuple[str, str] = ("", "")
) -> tuple[int, str, str]:
    """Return the exit status, the last screen, and all that was sent to the terminal.

    Args:
        arguments: of the command.
        environment: its variables.
        folder: its current folder.
        typed: a question, and what is typed once it is shown.
    """
    kept = {name: value for name, value in environment.items() if name not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    variables = {"TERM": "xterm-256color", **kept, "COLUMNS": str(_WIDTH), "LINES": "40"}
    if environment.get("TERM") != "dumb":
        variables["TERM"] = "xterm-256color"
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(COMMAND[0], [*COMMAND, *arguments], variables)
    sent = b""
    try:
        while part := os.read(terminal, 65536):
            sent += part
            if typed[0] and typed[0].encode() in sent:
                os.write(terminal, typed[1].encode())
                typed = ("", "")
    except OSError:  # the program has ended
        pass
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    text = sent.decode()
    return status, last_screen(text), text


def last_screen(text: str) -> str:
    """Return the lines that are left when the escape sequences of rich have been carried out."""
    lines: list[str] = [""]
    row = column = 0
    for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r\n|\r|\n|[^\x1b\r\n]+", text):
        if piece in ("\r\n", "\n"):
            row += 1
            if row == len(lines):
                lines.append("")
            column = 0
        elif piece == "\r":
            column = 0
        elif piece.endswith("A") and piece.startswith("\x1b"):
            row -= int(piece[2:-1] or 1)
        elif piece.endswith("K") and piece.startswith("\x1b"):
            lines[row] = ""
        elif not piece.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + piece + lines[row][column + len(piece) :]
            column += len(piece)
    return "\n".join(lines)
