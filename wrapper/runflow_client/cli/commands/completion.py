"""`runflow completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import argparse

from ..._extras import missing_library
from ..base.parsing import Commands, Parser, add_command
from ..base.statuses import CommandError, Status
from ..terminal.screen import Screen

_EXAMPLES = """\
runflow completion bash > ~/.local/share/bash-completion/completions/runflow
runflow completion zsh > ~/.zfunc/_runflow                       with ~/.zfunc in fpath
runflow completion fish > ~/.config/fish/completions/runflow.fish"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands, "completion", run, "bash|zsh|fish", "print the completion script of a shell", _EXAMPLES
    )
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="your shell")


def run(options: argparse.Namespace, screen: Screen) -> int:
    try:
        import shtab
    except ModuleNotFoundError:
        raise CommandError(missing_library("completion", "shtab", "cli")) from None
    screen.line(shtab.complete(options.parser, shell=options.shell))
    return Status.PASSED
