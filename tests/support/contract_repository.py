"""A real git repository that holds a contract, for tests that change and compare it."""

import os
import subprocess
from pathlib import Path

CONTRACT = Path(__file__).resolve().parents[2] / "openapi.yaml"

# Ignore the user's git settings: no hooks, no signing, no other name for the first branch.
QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


class Repository:
    """A repository whose main branch holds `text` as openapi.yaml, and whose work tree is on the branch `change`."""

    def __init__(self, folder: Path, text: str | None = None) -> None:
        self.folder = folder
        self.spec = folder / "openapi.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.write(CONTRACT.read_text(encoding="utf-8") if text is None else text)
        self.commit()
        self.git("switch", "--quiet", "--create", "change")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=os.environ | QUIET, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, text: str) -> None:
        self.spec.write_text(text, encoding="utf-8")

    def replace(self, old: str, new: str, after: str = "") -> int:
        """Replace the first `old` behind the first `after`, and return its line number."""
        text = self.spec.read_text(encoding="utf-8")
        start = text.index(after)
        place = text.index(old, start)
        self.write(text[:place] + new + text[place + len(old) :])
        return text.count("\n", 0, place) + 1

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A change")
        return self.git("rev-parse", "HEAD")
