# The only verbs. Each does what it needs first; `make help` lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory

export PATH := $(CURDIR)/.venv/bin:$(PATH):$(HOME)/.cargo/bin

STEP := tools/step
PYTEST := python -m pytest
FIRST_TESTS := $(wildcard tests/unit tests/properties)
LATER_TESTS := $(wildcard tests/contract tests/integration tests/e2e)

PAGES := src/ringback/static/.built
PAGE_SOURCES := $(shell find packages apps package-lock.json tsconfig.base.json \
	\( -name node_modules -o -name dist -o -name tests \) -prune -o -type f -print)

# How `make run` is told where: make run PORT=9000 DATA_DIR=/tmp/trial ARGS="--workers 1"
SERVE := $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT)) $(if $(DATA_DIR),--data-dir $(DATA_DIR)) $(ARGS)

.PHONY: help run setup build wheel check test e2e soak bench format generate docs
help: ## say what there is
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 18

run: tools-to-run build ## set up what is missing, build, and start a node (PORT=, HOST=, DATA_DIR=, ARGS=)
	@exec ringback serve $(SERVE)

setup: tools-to-test build ## install and build everything that running and testing need

build: tools-to-run worker $(PAGES) ## build the media worker, the SDK and the pages

wheel: build ## make the package that installs without compilers, with worker and pages, in dist/
	@$(STEP) "Wheel" maturin build --quiet --release --locked --out dist

check: setup static ## format, lint, types, import contracts, generated files, unit and property tests
	@$(STEP) "Rust: tests of the pure core" cargo test --quiet --locked --package media-core
	@$(STEP) "Python: unit and property tests" $(PYTEST) $(FIRST_TESTS)

test: setup static load ## everything that CI must know
	@$(STEP) "Rust: tests" cargo test --quiet --locked
	@$(STEP) "Rust: tests of the load client" cargo test --quiet --release --locked --package media-load
	@$(STEP) "Fuzzing: build" crates/fuzz/build
	@$(STEP) "Fuzzing: 20 s for each target" crates/fuzz/run 20
	@$(STEP) "TypeScript: tests" npm test --silent
	@$(STEP) "Python: unit, property, contract, integration and browser tests" $(PYTEST) $(FIRST_TESTS) $(LATER_TESTS)

e2e: setup ## only the tests with real browsers
	@$(STEP) "Browser tests" $(PYTEST) tests/e2e

soak: setup ## many more examples and seeds than CI takes time for
	@$(STEP) "Properties, the long profile" env RINGBACK_PROPERTIES=soak $(PYTEST) tests/properties --timeout=0
	@$(STEP) "REST: 20,000 invented requests" env RINGBACK_PROPERTIES=soak $(PYTEST) tests/integration/rest/test_generated_requests.py --timeout=0
	@$(STEP) "Adaptation: 120 simulations" env RINGBACK_SEEDS=120 cargo test --quiet --locked -p media-core --test adaptation
	@$(STEP) "Fuzzing: build" crates/fuzz/build
	@$(STEP) "Fuzzing: an hour in all" crates/fuzz/run 600
	@$(STEP) "Hostile packets at a worker with a call" $(PYTEST) tests/integration -m soak --timeout=900
	@$(STEP) "Browsers: what takes minutes" $(PYTEST) tests/e2e -m soak --timeout=900

bench: setup load ## what requests and media cost; wants an idle machine, and its figures go to benches/RESULTS.md
	@$(STEP) "REST" python -m benches.rest
	@$(STEP) "Media" python -m benches.media

format: tools-to-test ## put all source files into their form
	@ruff format --quiet .
	@ruff check --quiet --fix-only .
	@cargo fmt --all
	@npx biome check --write --log-level=warn

generate: tools-to-test ## rewrite the files that are made from others
	@npm run generate --silent
	@python -m tools.reference

docs: tools-to-test ## make the reference of the SDK, docs/reference/sdk/index.html
	@$(STEP) "Reference of the SDK" npm run docs --silent --workspace packages/rtc

# What the verbs stand on.

.PHONY: tools-to-run tools-to-test worker load static
tools-to-run:
	@tools/setup run

tools-to-test:
	@tools/setup test

worker:
	@cargo build --release --locked --package media-worker

# Built as it runs and tested as it is built, so that its stack is compiled once.
load: tools-to-test
	@cargo build --release --locked --package media-load

$(PAGES): $(PAGE_SOURCES)
	@$(STEP) "Build: SDK and pages" npm run build --silent
	@mkdir -p $(@D) && touch $@

static:
	@$(STEP) "Python: format" ruff format --check --quiet .
	@$(STEP) "Python: lint" ruff check --quiet .
	@$(STEP) "Python: types" mypy --no-error-summary
	@$(STEP) "Python: import contracts" lint-imports --no-logo
	@$(STEP) "Rust: format" cargo fmt --all --check
	@$(STEP) "Rust: lint" cargo clippy --quiet --locked --all-targets -- -D warnings
	@$(STEP) "Rust: lint of the load client" cargo clippy --quiet --release --locked --package media-load --all-targets -- -D warnings
	@$(STEP) "TypeScript: format, lint, types, generated files" npm run check --silent
	@$(STEP) "Documents: examples compile" python -m tools.examples
