"""Two versions of the contract: one from git, and the one in the working tree."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.contract.spec_changes.changes import changes
from scripts.contract.spec_changes.document import CannotCompareError, Document
from scripts.contract.spec_changes.report import Report

# Tried in turn; a fresh clone of a branch has only the second.
MAIN = ("main", "origin/main")


@dataclass(frozen=True)
class Base:
    """A commit to compare with, and how it is called."""

    commit: str
    name: str


def compared(spec: Path, base: str | None, name: str | None = None) -> Report:
    """What changed in `spec` since `base`, a git ref, or since the merge base with main; raises CannotCompareError.

    `name` is what people call the base, where the ref is one that only a machine would use.
    """
    found = chosen(spec.parent, base)
    if name:
        found = Base(found.commit, f"{name} ({found.commit[:7]})")
    try:
        revision = spec.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotCompareError(f"{spec.name} cannot be read: {error}") from error
    old = Document(git(spec.parent, "show", f"{found.commit}:./{spec.name}"), f"{spec.name} of {found.name}")
    return Report(found.name, changes(old, Document(revision, spec.name)))


def chosen(folder: Path, base: str | None) -> Base:
    """The commit that is meant by a ref, or by none."""
    if base:
        commit = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}", what=base)
        return Base(commit, f"{base} ({commit[:7]})")
    for name in MAIN:
        if run(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").returncode == 0:
            commit = git(folder, "merge-base", "HEAD", name)
            return Base(commit, f"the merge base with {name} ({commit[:7]})")
    raise CannotCompareError("There is no branch `main` to compare with: name a git ref (BASE=...)")


def git(folder: Path, *arguments: str, what: str | None = None) -> str:
    """What a git command prints; raises CannotCompareError when it fails."""
    done = run(folder, *arguments)
    if done.returncode != 0:
        if what is not None:
            raise CannotCompareError(f"There is no commit {what!r} here; a shallow clone may lack it (git fetch)")
        raise CannotCompareError(f"`git {arguments[0]}` failed: {done.stderr.strip() or 'it printed nothing'}")
    return done.stdout if arguments[0] == "show" else done.stdout.strip()


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except OSError as error:
        raise CannotCompareError(f"git does not start: {error}") from error
