from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from commands import COMMAND, Console

from runflow_client._extras import install_command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(runflow: Console, shell: str) -> None:
    done = runflow("completion", shell)
    assert (done.status, done.err) == (0, "")
    assert "evaluate" in done.out and "dry-run" in done.out


def test_bash_completes_a_command(runflow: Console) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    typed = "COMP_WORDS=(runflow feed); COMP_CWORD=1; _shtab_runflow; echo ${COMPREPLY[@]}"
    script = runflow("completion", "bash").out.replace("complete -o filenames", "true")
    done = subprocess.run([bash, "-c", f"{script}\n{typed}"], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["feedback"], done.stderr


def test_completion_without_shtab_names_the_extra() -> None:
    code = "import sys; sys.modules['shtab'] = None\nfrom runflow_client.cli.main import main; sys.exit(main(['completion', 'zsh']))"
    done = subprocess.run([COMMAND[0], "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert install_command("cli", "shtab") in done.stderr and done.stderr.count("\n") == 1


def test_unknown_shell_is_refused(runflow: Console) -> None:
    assert runflow("completion", sys.platform).status == 3
