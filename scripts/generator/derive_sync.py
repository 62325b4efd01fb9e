"""Derive the sync clients from the async ones, so that each is written once.

    python -m scripts.generator.derive_sync            write the sync files
    python -m scripts.generator.derive_sync --check    exit with 1 and a diff where one differs from what would be written

The text is changed token by token (REPLACEMENTS), then its imports are sorted and it is laid out, both by the project's
own settings.
"""

import argparse
import difflib
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path("wrapper/runflow_client")

# The async files that have a sync twin beside them. Files not named here (the drivers) differ in more than their words.
SOURCES = (
    PACKAGE / "batch" / "async_batch.py",
    PACKAGE / "client" / "async_client.py",
    PACKAGE / "client" / "async_session.py",
    PACKAGE / "client" / "resources" / "async_account.py",
    PACKAGE / "client" / "resources" / "async_assets.py",
    PACKAGE / "client" / "resources" / "async_callback_secrets.py",
    PACKAGE / "client" / "resources" / "async_evaluations.py",
    PACKAGE / "client" / "resources" / "many" / "async_many.py",
)

# Applied in this order; the particular ones stand before the general ones.
# Each says one thing, and each must be needed by some source.
RULES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # The examples of docstrings run their `main` in an event loop.
        (r"\n *>>> import asyncio(?=\n)", ""),
        (r"\basyncio\.run\(main\(\)\)", "main()"),
        # Statements and expressions, in code and in the examples.
        (r"\basync\s+(def|with|for)\b", r"\1"),
        (r"\bawait\s+", ""),
        # The methods of protocols.
        (r"\b__a(enter|exit|iter)__\b", r"__\1__"),
        (r"\baclose\b", "close"),
        # Our own names.
        (r"\.async_client\(", ".client("),
        (r"\bAsyncDriver\b", "SyncDriver"),
        (r"\bAsync([A-Z]\w*)", r"\1"),
        (r"\basync_(?=\w)", "sync_"),
        # Prose.
        (r" or coroutine function\b", ""),
    )
)

LEFT_OVER = re.compile(r"async|await", re.IGNORECASE)


class UnderivableError(Exception):
    """A file cannot be derived; the message says where and why."""


def target_of(source: Path) -> Path:
    """The sync file that belongs to an async one: `async_client.py` becomes `sync_client.py`."""
    return source.with_name(source.name.replace("async_", "sync_", 1))


def derive(text: str, source: Path) -> str:
    """The sync text of an async one, not yet formatted."""
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    for number, line in enumerate(text.splitlines(), start=1):
        if LEFT_OVER.search(line):
            raise UnderivableError(
                f"{source}:{number}: no rule of scripts/generator/derive_sync.py makes this line sync: {line.strip()}"
            )
    return f"# Derived from {source.name} by `make derive`; edit that file instead.\n{text}"


def check_rules(texts: Sequence[str]) -> None:
    """Refuse a rule that changes nothing in any of the sources."""
    texts = list(texts)
    for pattern, replacement in RULES:
        changed = [pattern.sub(replacement, text) for text in texts]
        if changed == texts:
            raise UnderivableError(f"the rule {pattern.pattern!r} changes no source: remove it from derive_sync.py")
        texts = changed


def formatted(text: str, target: Path, root: Path) -> str:
    """The text as the project's linter sorts its imports and its formatter lays it out."""
    # The new names sort differently from the old ones.
    text = ruff(["check", "--select", "I", "--fix-only", "--quiet"], text, target, root)
    return ruff(["format", "--quiet"], text, target, root)


def ruff(arguments: Sequence[str], text: str, target: Path, root: Path) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", str(target), "-"]
    done = subprocess.run(command, cwd=root, input=text, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise UnderivableError(f"{target}: ruff could not read the derived text:\n{done.stderr}")
    return done.stdout


def difference(target: Path, found: str, wanted: str) -> str:
    lines = difflib.unified_diff(
        found.splitlines(keepends=True),
        wanted.splitlines(keepends=True),
        fromfile=f"{target} (as it is)",
        tofile=f"{target} (as derived)",
    )
    return "".join(lines)


def process(source: Path, root: Path, check: bool) -> bool:
    """Derive one file and write it, or only compare; return whether it was up to date."""
    path, target = root / source, target_of(source)
    if not path.is_file():
        raise UnderivableError(f"{source}: named in scripts/generator/derive_sync.py, but there is no such file")
    wanted = formatted(derive(path.read_text(encoding="utf-8"), source), target, root)
    written = root / target
    found = written.read_text(encoding="utf-8") if written.is_file() else ""
    if found == wanted:
        return True
    if check:
        print(difference(target, found, wanted))
    else:
        written.write_text(wanted, encoding="utf-8")
        print(f"wrote {target}")
    return False


def main(
    arguments: Sequence[str] | None = None,
    root: Path = ROOT,
    sources: Sequence[Path] = SOURCES,
) -> int:
    parser = argparse.ArgumentParser(description="Derive the sync clients from the async ones.")
    parser.add_argument("--check", action="store_true", help="compare only; exit with 1 on a difference")
    check: bool = parser.parse_args(arguments).check
    try:
        if sources is SOURCES:
            check_rules([(root / source).read_text(encoding="utf-8") for source in sources])
        up_to_date = [process(source, root, check) for source in sources]
    except UnderivableError as error:
        print(error, file=sys.stderr)
        return 1
    if check and not all(up_to_date):
        print("The sync files differ from what the async ones give. Run: make derive", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
