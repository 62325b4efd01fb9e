"""`make generate` gives the same bytes each time, leaves nothing stale, and its check notices what differs."""

import datetime
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "generator" / "generate.py"
MODULE = ("-m", "scripts.generator.generate")


@pytest.fixture(scope="session")
def python() -> Path:
    """The Python of the generator's environment."""
    path = Path(os.environ.get("RUNFLOW_GENERATE_PYTHON") or ROOT / ".venv-generate" / "bin" / "python")
    if not path.exists():
        pytest.fail("The generator's environment is missing: run `make test`, which makes it.")
    return path


class Generator:
    """Runs the script in a folder of its own."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.python = python
        self.spec = folder / "openapi.yaml"
        self.config = folder / "config.yaml"
        self.pins = folder / "generate.txt"
        self.output = folder / "generated" / "runflow_api"
        self.overlay = folder / "openapi.overlay.yaml"
        shutil.copy(ROOT / "openapi.yaml", self.spec)
        shutil.copy(ROOT / "openapi.overlay.yaml", self.overlay)
        shutil.copy(ROOT / "scripts" / "generator" / "config.yaml", self.config)
        shutil.copy(ROOT / "requirements" / "generate.txt", self.pins)

    def run(self, *arguments: str, types: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs it, without the type checkers if nothing else is said: they take most of the time."""
        arguments = arguments if types else (*arguments, "--without-types")
        options = ("--spec", self.spec, "--output", self.output, "--config", self.config, "--pins", self.pins)
        return subprocess.run(
            [self.python, *MODULE, *options, *arguments],
            cwd=self.spec.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def write(self, **environment: str) -> dict[str, bytes]:
        """Generates, and gives the files."""
        done = self.run(**environment)
        assert done.returncode == 0, done.stderr
        return self.files()

    def files(self) -> dict[str, bytes]:
        paths = (path for path in self.output.rglob("*") if path.is_file())
        return {path.relative_to(self.output).as_posix(): path.read_bytes() for path in paths}

    def siblings(self) -> list[str]:
        """What stands where the output stands."""
        return sorted(path.name for path in self.output.parent.glob("*"))

    def refusal(self) -> str:
        """What is said when the contract cannot be generated from."""
        before = self.files()
        done = self.run()
        assert done.returncode == 1
        assert self.files() == before, "a failing run may change nothing"
        assert self.siblings() == [self.output.name] * bool(before)
        assert "Traceback" not in done.stderr
        return done.stderr

    def change_spec(self, change: Any) -> None:
        spec = yaml.safe_load(self.spec.read_text(encoding="utf-8"))
        change(spec)
        self.spec.write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")


@pytest.fixture
def generator(python: Path, tmp_path: Path) -> Generator:
    return Generator(python, tmp_path)


@pytest.fixture(scope="session")
def once(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator:
    """One that has run, to be copied: a run takes a second."""
    generator = Generator(python, tmp_path_factory.mktemp("once"))
    generator.write()
    return generator


@pytest.fixture
def written(generator: Generator, once: Generator) -> Generator:
    """One that has run."""
    shutil.copytree(once.output, generator.output)
    return generator


def test_the_committed_files_are_what_the_contract_gives(python: Path, tmp_path: Path) -> None:
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [python, *MODULE, "--check"]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_two_runs_give_the_same_bytes(generator: Generator) -> None:
    first = generator.write(PYTHONHASHSEED="1")
    assert generator.write(PYTHONHASHSEED="2", RUFF_OUTPUT_FILE="report.txt", TZ="EST5EDT", LC_ALL="C") == first
    assert "models/evaluation.py" in first
    assert "py.typed" in first


def test_formatting_does_not_depend_on_settings_around_the_output(generator: Generator) -> None:
    expected = generator.write()
    (generator.spec.parent / "pyproject.toml").write_text("[tool.ruff]\nline-length = 40\nexclude = ['*']\n")
    (generator.spec.parent / ".gitignore").write_text("*\n")
    (generator.spec.parent / ".git").mkdir()
    assert generator.write() == expected


def test_nothing_of_the_stock_client_survives(written: Generator) -> None:
    assert {"client.py", "errors.py"}.isdisjoint(written.files())
    assert not any(b"httpx" in content for name, content in written.files().items() if name.endswith(".py"))


def test_the_contract_stands_beside_the_models_as_json(written: Generator) -> None:
    text = (written.output / "openapi.json").read_text(encoding="utf-8")
    contract = yaml.safe_load(written.spec.read_text(encoding="utf-8"))
    for action in yaml.safe_load(written.overlay.read_text(encoding="utf-8"))["actions"]:
        found: Any = contract
        for part in action["target"].split(".")[1:]:
            found = found[part]
        found.update(action["update"])
    assert json.loads(text) == contract
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def test_a_stale_file_of_an_earlier_run_does_not_survive(written: Generator) -> None:
    expected = written.files()
    (written.output / "models" / "gone.py").write_text("")
    (written.output / "old").mkdir()
    (written.output / "old" / "client.py").write_text("")
    assert written.write() == expected
    assert not (written.output / "old").exists()


def test_check_passes_and_writes_nothing_after_a_run(written: Generator) -> None:
    before = {path: path.stat().st_mtime_ns for path in written.output.rglob("*")}
    assert written.run("--check").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in written.output.rglob("*")} == before


def test_check_names_changed_missing_and_stale_files_and_command(written: Generator) -> None:
    edited = written.output / "models" / "run.py"
    edited.write_text(edited.read_text(encoding="utf-8") + "# by hand\n")
    (written.output / "models" / "model.py").unlink()
    (written.output / "models" / "gone.py").write_text("")
    (written.output / "models" / "__pycache__").mkdir()
    (written.output / "models" / "__pycache__" / "run.pyc").write_text("")
    done = written.run("--check")
    assert done.returncode == 1
    assert [line.split() for line in done.stderr.splitlines()[1:-1]] == [
        ["stale", "models/gone.py"],
        ["missing", "models/model.py"],
        ["differs", "models/run.py"],
    ]
    assert "make generate" in done.stderr.splitlines()[-1]


def test_check_notices_a_changed_contract(written: Generator) -> None:
    def change(spec: Any) -> None:
        spec["components"]["schemas"]["SetEvaluationFeedbackRequest"]["properties"]["reason"]["maxLength"] = 17

    written.change_spec(change)
    done = written.run("--check")
    assert done.returncode == 1
    assert "differs  models/set_evaluation_feedback_request.py" in done.stderr
    assert "differs  openapi.json" in done.stderr


def append(line: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        file.write_text(file.read_text(encoding="utf-8") + line, encoding="utf-8")

    return change


def replace(before: str, after: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("file", "change", "differs"),
    [
        ("scripts/generator/templates/model.py.jinja", append("# more\n"), "models/run.py"),
        ("scripts/generator/templates/endpoint_module.py.jinja", append("# more\n"), "api/account/get_health.py"),
        ("scripts/generator/templates/str_enum.py.jinja", append("# more\n"), "models/evaluation_status.py"),
        (
            "scripts/generator/config.yaml",
            append("class_overrides: {RunLog: {class_name: RunLine, module_name: run_line}}\n"),
            "models/__init__.py",
        ),
        ("scripts/generator/ruff.toml", replace("line-length = 120", "line-length = 90"), "models/evaluation.py"),
        ("scripts/generator/support/types.py", append("# more\n"), "types.py"),
        (
            "scripts/generator/limits.py",
            replace('"longest"', '"longest_of_all"'),
            "models/submit_evaluation_request.py",
        ),
        ("openapi.yaml", replace("summary: Read one evaluation", "summary: Read it"), "openapi.json"),
        ("generated/runflow_api/models/run.py", append("# by hand\n"), "models/run.py"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_check_notices_whatever_changed_without_a_regeneration(
    python: Path, tmp_path: Path, file: str, change: Callable[[Path], None], differs: str
) -> None:
    for folder in ("scripts", "generated", "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("openapi.yaml", "openapi.overlay.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    change(tmp_path / file)
    command = [python, *MODULE, "--check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "make generate" in done.stderr
    assert f"differs  {differs}\n" in done.stderr


def test_check_without_any_output_says_that_all_is_missing(generator: Generator) -> None:
    done = generator.run("--check")
    assert done.returncode == 1
    assert "missing  models/evaluation.py" in done.stderr
    assert not generator.output.exists()


def test_a_changed_limit_needs_no_other_edit(generator: Generator) -> None:
    def change(spec: Any) -> None:
        spec["components"]["schemas"]["SetEvaluationFeedbackRequest"]["properties"]["reason"].update(
            maxLength=17, pattern="^[a-z]*$"
        )

    generator.change_spec(change)
    text = generator.write()["models/set_evaluation_feedback_request.py"].decode()
    assert "longest=17" in text
    assert r'pattern="^[a-z]*\\Z"' in text, "Python's own $ would let a line break through"


@pytest.mark.parametrize("line", ["package_nam_override: x", "class_overrides: {Run: {clas_name: X}}"])
def test_an_unknown_key_of_the_configuration_is_refused_by_name(written: Generator, line: str) -> None:
    written.config.write_text(f"{written.config.read_text()}{line}\n")
    refusal = written.refusal()
    assert "config.yaml" in refusal
    assert "package_nam_override" in refusal or "class_overrides.Run.clas_name" in refusal


@pytest.mark.parametrize("package", ["openapi-python-client", "ruff", "mypy", "pyright", "python-jsonpath"])
@pytest.mark.parametrize("argument", [(), ("--check",)])
def test_another_version_than_the_pinned_one_is_refused(
    generator: Generator, package: str, argument: tuple[str, ...]
) -> None:
    lines = generator.pins.read_text().splitlines()
    generator.pins.write_text(
        "\n".join(f"{package}==0.0.1" if line.startswith(f"{package}==") else line for line in lines)
    )
    done = generator.run(*argument)
    assert done.returncode == 2
    assert f"{package}: generate.txt pins 0.0.1, this environment has " in done.stderr
    assert "make generate" in done.stderr
    assert not generator.output.exists()


def test_an_environment_without_the_generator_is_refused_in_words() -> None:
    done = subprocess.run([sys.executable, "-I", "-S", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "this environment has none" in done.stderr
    assert "make generate" in done.stderr


def break_reference(spec: Any) -> None:
    spec["components"]["schemas"]["Evaluation"]["properties"]["run"] = {"$ref": "#/components/schemas/Nothing"}


def ask_for_an_unchecked_limit(spec: Any) -> None:
    schema = spec["components"]["schemas"]["SubmitEvaluationRequest"]["properties"]["reference_images"]
    schema["contains"] = {"type": "object"}


def write_a_bare_date(spec: Any) -> None:
    spec["info"]["x-read-on"] = datetime.date(2026, 7, 1)


def leave_open_what_a_value_is(spec: Any) -> None:
    runs = {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Run"}}
    run = {"$ref": "#/components/schemas/Run"}
    spec["components"]["schemas"]["Evaluation"]["properties"]["run"] = {"anyOf": [run, runs]}


def call_a_schema_too_long(spec: Any) -> None:
    spec["components"]["schemas"]["Long" + "g" * 250] = {"type": "string", "enum": ["a"]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (call_a_schema_too_long, "g: its name is too long for a file: at most 200 bytes"),
        (break_reference, "Evaluation.run: the reference '#/components/schemas/Nothing' points at nothing"),
        (ask_for_an_unchecked_limit, "SubmitEvaluationRequest.reference_images: no check is written for contains"),
        (write_a_bare_date, "put a date or time into quotes"),
        (leave_open_what_a_value_is, "Evaluation.run: a union of a model and a map, which cannot be told apart"),
    ],
)
def test_inexpressible_contract_is_rejected_and_old_files_stay(written: Generator, change: Any, words: str) -> None:
    written.change_spec(change)
    assert words in written.refusal()


def test_invalid_yaml_contract_is_rejected_without_output(generator: Generator) -> None:
    generator.spec.write_text("openapi: [3.1.0\n")
    assert "openapi.yaml" in generator.refusal()


def test_the_lock_pins_what_is_asked_for() -> None:
    asked = (ROOT / "requirements" / "generate.in").read_text(encoding="utf-8").splitlines()
    pins = [line for line in asked if line and not line.startswith("#")]
    locked = (ROOT / "requirements" / "generate.txt").read_text(encoding="utf-8")
    names = [pin.split("==")[0].partition("[")[0] for pin in pins]
    assert {"openapi-python-client", "ruff", "mypy", "pyright", "python-jsonpath"} <= set(names)
    pins = [pin.replace("[nodejs]", "") for pin in pins]
    assert [pin for pin in pins if f"\n{pin} \\\n" not in f"\n{locked}"] == []


def test_the_lock_names_no_address_and_hashes_everything() -> None:
    text = (ROOT / "requirements" / "generate.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    pins = text.count("==") - text.count("== '") - text.count('== "')
    assert pins > 10
    assert "openapi-python-client==" in text
    for block in text.split("\n\n"):
        for requirement in block.split("\n    # via")[0:1]:
            assert "==" not in requirement or "--hash=sha256:" in requirement
