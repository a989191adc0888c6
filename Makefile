# Any Python from 3.11 on; `make demo PY=/path/to/python3.12` names another one.
PY ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url
ARGS ?=

.PHONY: demo test test-long test-peer test-compose lint format lock bench clean

$(BIN)/uv:
	@test -n "$(PY)" || { \
	  echo "cuofeng needs Python 3.11 or newer with its venv and ensurepip modules;" \
	    "$$(python3 --version 2>&1 || echo 'no python3') is not enough." >&2; \
	  echo "Install one (Debian, Ubuntu: apt-get install python3.11 python3.11-venv)" \
	    "or name one: make demo PY=/path/to/python3.12" >&2; exit 1; }
	$(PY) -m venv $(VENV)
	$(BIN)/pip install -q -q --disable-pip-version-check uv==$(UV_VERSION)

# The network is asked for nothing while the lock is the one installed last, whatever its date.
# What the program imports is compiled here once: where the environment lets Python write no bytecode,
# every start would compile it again.
$(VENV)/.ok: requirements.lock pyproject.toml | $(BIN)/uv
	cmp -s requirements.lock $(VENV)/installed.lock || \
	  $(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c 'import api.app, scheduler.cli.demonstration'
	cp requirements.lock $(VENV)/installed.lock
	touch $@

demo: $(VENV)/.ok
	$(BIN)/cuofeng demo $(ARGS)

test: $(VENV)/.ok
	$(BIN)/python -m pytest -q -n 2 --dist worksteal $(ARGS)

test-long: $(VENV)/.ok
	$(BIN)/python -m pytest -q -m long $(ARGS)

test-peer: $(VENV)/.ok
	$(BIN)/python -m pytest -q -m peer $(ARGS) tests/benchmarks

test-compose: $(VENV)/.ok
	$(BIN)/python -m pytest -q -s -m compose $(ARGS) tests/compose

lint: $(VENV)/.ok
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ok
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The second lock is what the image installs: the first one less the dev group and the cluster. The
# third is the second with the cluster, for workers on other machines and who sends them work.
lock: | $(BIN)/uv
	$(COMPILE) --group dev --extra cluster pyproject.toml -o requirements.lock
	$(COMPILE) --group build --no-annotate -c requirements.lock pyproject.toml -o requirements-runtime.lock
	$(COMPILE) --group build --extra cluster --no-annotate -c requirements.lock pyproject.toml \
	  -o requirements-cluster.lock

bench: $(VENV)/.ok
	$(BIN)/python -m benchmarks run $(ARGS)
	$(BIN)/python -m benchmarks plot

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
