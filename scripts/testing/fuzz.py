"""Run coverage-guided fuzzing: each target of tests/fuzz/fuzz_targets in a process of its own.

    python -m scripts.testing.fuzz                                   all targets, 100,000 cases each
    python -m scripts.testing.fuzz --target callback_bodies --cases 5000

A target starts from its committed corpus and from the inputs that earlier runs kept in .fuzz/. An input that violates a
property is written to .fuzz/findings. Fix the code and add the input to tests/fuzz/corpus/<target>/ under a descriptive
name; the normal tests then run it.
"""

import argparse
import importlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
WORK = ROOT / ".fuzz"
SOURCES = (".", "wrapper", "generated", "tests/support", "tests/fuzz")

INSTRUMENTED = ("runflow_client", "runflow_api", "scripts.generator", "email.utils", "dateutil.parser")
"""Modules that must be imported under instrumentation, so that their branches guide the fuzzer."""

NOT_INSTRUMENTED = ("openapi_python_client", "jsonpath")
"""Modules that must be imported before regular expressions are instrumented: atheris fails on some of theirs."""

WITHOUT_PATTERNS = ("contract_texts",)
"""Targets that run what uses such expressions."""

CASES = 100_000
LONGEST = 8_192
SLOWEST = 10
"""Seconds after which a case counts as hung."""

# Words that the parsers and the targets recognize, besides the field names of the contract.
WORDS = (
    *(
        "null",
        "true",
        "false",
        "NaN",
        "Infinity",
        "1e999",
        "-0",
        "1" * 400,
        "\\ud800",
        "\\u0000",
        "{}",
        "[]",
        '":',
        '",',
        "[{",
    ),
    *(
        "completed",
        "failed",
        "running",
        "0.05",
        "2026-06-01T10:00:00Z",
        "Mon, 01 Jun 2026 10:00:00 GMT",
        "+2359",
        "GMT",
    ),
    *(
        "https://",
        "runflow://assets/",
        "data:image/png;base64,",
        ";base64,",
        "iVBORw0KGgo=",
        "?sig=",
        "//[",
        "/?pq=",
        "..",
    ),
    *(
        "rf_live_fuzz0secret",
        "whsec_",
        "sha256=",
        "error",
        "errors",
        "detail",
        "message",
        "code",
        "items",
        "next",
        "api_key",
    ),
    *(
        "retry-after:",
        "x-request-id:",
        "content-type:",
        "date:",
        "\x89PNG\r\n\x1a\n",
        "RIFF",
        "WEBP",
        "ftypavif",
        "\xff\xd8\xff",
    ),
)


def targets() -> Mapping[str, Callable[[bytes], None]]:
    """Return the targets by name, each a function that raises if its property does not hold."""
    sys.path[:0] = [path for path in (str(ROOT / name) for name in SOURCES) if path not in sys.path]
    found: Mapping[str, Callable[[bytes], None]] = importlib.import_module("fuzz_targets").TARGETS
    return found


def words() -> list[bytes]:
    """Return the dictionary of the fuzzer: every field and enum value of the contract, and the words of the parsers."""
    contract = json.loads((ROOT / "generated" / "runflow_api" / "openapi.json").read_text(encoding="utf-8"))
    found = dict.fromkeys(WORDS)
    for schema in contract["components"]["schemas"].values():
        found.update(dict.fromkeys(f'"{name}":' for name in schema.get("properties", {})))
        for part in (schema, *schema.get("anyOf", ())):  # an open enum stands beside a plain string
            found.update(dict.fromkeys(f'"{value}"' for value in part.get("enum", ())))
    return [word.encode("latin-1") for word in found]


def write_dictionary(file: Path) -> None:
    lines = ("".join(f"\\x{byte:02x}" for byte in word) for word in words() if len(word) <= 64)
    file.write_text("".join(f'"{line}"\n' for line in lines), encoding="ascii")


def fuzz_here(name: str, options: Sequence[str]) -> None:
    """Fuzz one target in this process; the fuzzer ends the process."""
    # Installed only in the environment of `make fuzz`, and without types; the rest of this file does not need it.
    atheris: Any = importlib.import_module("atheris")
    packages = {module.partition(".")[0] for module in INSTRUMENTED}
    # The fuzzer has imported these already, without instrumentation.
    for module in [module for module in sys.modules if module.partition(".")[0] in packages]:
        del sys.modules[module]
    for module in NOT_INSTRUMENTED:
        importlib.import_module(module)
    if name not in WITHOUT_PATTERNS:
        atheris.enabled_hooks.add("RegEx")
    with atheris.instrument_imports(include=list(packages)):
        check = targets()[name]
        for module in INSTRUMENTED:  # some would otherwise be imported later, without instrumentation
            importlib.import_module(module)
    atheris.Setup([sys.argv[0], *options], check)
    atheris.Fuzz()


def options_of(name: str, cases: int, seed: int) -> list[str]:
    """Create the folders of a target and return its fuzzer options."""
    grown, findings = WORK / "corpus" / name, WORK / "findings" / name
    for folder in (grown, findings):
        folder.mkdir(parents=True, exist_ok=True)
    return [
        f"-runs={cases}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        f"-timeout={SLOWEST}",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-dict={WORK / 'dictionary'}",
        f"-artifact_prefix={findings}{os.sep}",
        str(grown),
        *(str(folder) for folder in [CORPUS / name] if folder.is_dir()),
    ]


def figures(log: str) -> str:
    """Return the figures in a log: cases, coverage edges and features, inputs kept."""
    cases = re.search(r"stat::number_of_executed_units: (\d+)", log)
    seen = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", log) or [("?", "?", "?")]
    done = int(cases[1]) if cases else max(map(int, re.findall(r"^#(\d+)", log, re.MULTILINE)), default=0)
    return f"{done:>9,} cases  {seen[-1][0]:>5} edges  {seen[-1][1]:>6} features  {seen[-1][2]:>5} inputs kept"


def fuzz_apart(name: str, cases: int, seed: int) -> bool:
    """Fuzz one target in a process of its own, print its figures, and return whether its property holds."""
    started = time.monotonic()
    command = [sys.executable, __file__, "--here", name, "--", *options_of(name, cases, seed)]
    log = WORK / f"{name}.log"
    scratch = WORK / "scratch"
    scratch.mkdir(exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    text = log.read_text(encoding="utf-8", errors="replace")
    mark = "ok    " if done.returncode == 0 else "FAILED"
    print(f"{mark}  {name:20} {figures(text)}  {time.monotonic() - started:6.1f} s", flush=True)
    if done.returncode != 0:
        print("\n".join(f"        {line}" for line in finding(text)), flush=True)
    return done.returncode == 0


def finding(log: str) -> Iterator[str]:
    """Yield the lines of a log that show the exception and the input file."""
    lines = log.splitlines()
    start = next((number for number, line in enumerate(lines) if "Uncaught Python exception" in line), len(lines) - 12)
    for line in lines[max(0, start) :]:
        if not line.startswith(("stat::", "0x", "\\", "Base64", "MS:", "==")) and line.strip():
            yield line[:300]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run coverage-guided fuzzing.")
    parser.add_argument(
        "--target", action="append", dest="names", metavar="NAME", help="run only this target; may be repeated"
    )
    parser.add_argument("--cases", type=int, default=CASES, help=f"cases for each target ({CASES:,})")
    parser.add_argument("--seed", type=int, default=1, help="random seed (1)")
    options = parser.parse_args(arguments)
    known = list(targets())
    names: Iterable[str] = options.names or known
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)} (there are: {', '.join(known)})")
    WORK.mkdir(exist_ok=True)
    write_dictionary(WORK / "dictionary")
    failed = [name for name in names if not fuzz_apart(name, options.cases, options.seed)]
    if failed:
        print(f"\n{len(failed)} targets failed: {', '.join(failed)}; the inputs are in {WORK / 'findings'}")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        fuzz_here(sys.argv[2], sys.argv[4:])
    else:
        sys.exit(main())
