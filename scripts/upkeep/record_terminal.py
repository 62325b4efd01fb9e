"""Record what a person sees of the command line in a terminal, as the figures of docs/command-line.md.

    python -m scripts.upkeep.record_terminal

It needs tmux. Each scene is typed into a terminal of its own, against a sandbox server, and its last screen becomes an SVG.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from runflow_client.sandbox import Sandbox, SandboxServer, blurred_picture, sharp_picture

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs" / "figures"
WIDTH, HEIGHT = 100, 30
EVALUATION_SECONDS = 4.0


@dataclass(frozen=True)
class Scene:
    """What is typed: a command, or the name of a key; and how long to look at what follows, in seconds."""

    name: str
    typed: Sequence[tuple[str, float]]


BATCH = "runflow batch photos -o results.jsonl --task-type headshot --in-flight 12"
SCENES = (
    Scene("doctor", [("runflow doctor", 4)]),
    Scene("evaluate", [("runflow evaluate photos/00.png photos/02.png --task-type headshot", 10)]),
    Scene("batch-progress", [(BATCH, 12)]),
    Scene("batch-interrupted", [(BATCH, 9), ("C-c", 3), (BATCH, 40)]),
)


def main() -> int:
    if shutil.which("tmux") is None:
        print("tmux was not found: install it", file=sys.stderr)
        return 1
    FIGURES.mkdir(exist_ok=True)
    for scene in SCENES:
        (FIGURES / f"{scene.name}.svg").write_text(as_svg(recorded(scene)), encoding="utf-8")
        print(f"docs/figures/{scene.name}.svg")
    return 0


def recorded(scene: Scene) -> str:
    """Return the last screen of a scene, with its escape sequences."""
    session = f"runflow-{os.getpid()}"
    with (
        tempfile.TemporaryDirectory() as folder,
        SandboxServer(Sandbox(evaluation_seconds=EVALUATION_SECONDS)) as server,
    ):
        take_photos(Path(folder) / "photos")
        variables = {
            "PS1": "$ ",
            "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
            "RUNFLOW_BASE_URL": server.url,
            "RUNFLOW_API_KEY": server.sandbox.keys[0],
        }
        # Given to the shell itself: what tmux is given for a session, a profile may change again.
        given = [f"{name}={value}" for name, value in variables.items()]
        size = ("-x", str(WIDTH), "-y", str(HEIGHT))
        shell = ("env", "-u", "NO_COLOR", *given, "bash", "--norc")
        tmux("new-session", "-d", "-s", session, *size, "-c", folder, *shell)
        try:
            time.sleep(1)
            for keys, seconds in scene.typed:
                tmux("send-keys", "-t", session, keys, *([] if keys == "C-c" else ["Enter"]))
                time.sleep(seconds)
            return tmux("capture-pane", "-t", session, "-p", "-e").rstrip()
        finally:
            tmux("kill-session", "-t", session)


def take_photos(folder: Path) -> None:
    folder.mkdir()
    for number in range(60):
        picture = blurred_picture if number % 5 == 2 else sharp_picture
        (folder / f"{number:02}.png").write_bytes(picture(number))


def tmux(*arguments: str) -> str:
    return subprocess.run(["tmux", *arguments], check=True, capture_output=True, text=True).stdout


def as_svg(screen: str) -> str:
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text.from_ansi(screen), soft_wrap=True)
        svg = console.export_svg(title="runflow", unique_id="runflow")
    # A figure that is looked at asks no other server for anything: the fonts of the reader's system do.
    return re.sub(r"\s*@font-face \{.*?\}|<!--.*?-->\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())
