# Two commands for a fresh machine: `make demo` and `make test`. Each sets up .venv by itself, once.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup demo quick test test-long test-engines test-senders fuzz chaos canaries zombies check bench bench-large docs clean lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
	  { echo "error: Python 3.11 to 3.14 is needed, and '$(PYTHON)' is none of them; try: make PYTHON=python3.14 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv (once)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(READY)

setup: $(READY)

demo: $(READY)
	@$(BIN)/expansion demo

# One more than there are cores: much of the time a worker waits for a server.
WORKERS ?= 3

# COVER=1 counts branch coverage, too, and fails below 90 %: CI does. Python's tracer costs a quarter to nine tenths more
# CPU than the tests themselves (measured in four files, on 3.11), so it is not for everybody's every run.
COVERED := --cov --cov-report=term:skip-covered --cov-fail-under=90

# Compiled code is kept, also where the environment says not to: hundreds of processes would compile it again.
test: export PYTHONDONTWRITEBYTECODE =
test: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not long" $(if $(COVER),$(COVERED))

# Whole deployments in Prefect, and the rest of the worlds against the oracle.
test-long: export PYTHONDONTWRITEBYTECODE =
test-long: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m long

# For the loop of an edit: what starts nothing. It says how much that leaves out.
quick: $(READY)
	@$(BIN)/python -m pytest --quick -n 2 --dist loadfile -q --no-header --snapshot-warn-unused

# ClickHouse in process and Spark in local mode: heavy installs, in a venv of their own.
.venv-engines/.ready: requirements-engines.lock $(READY)
	@echo "Setting up .venv-engines (once)" >&2
	@test -x .venv-engines/bin/python || $(PYTHON) -m venv .venv-engines
	@VIRTUAL_ENV=.venv-engines $(BIN)/uv pip install --quiet --require-hashes -r requirements-engines.lock
	@VIRTUAL_ENV=.venv-engines $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

test-engines: .venv-engines/.ready
	.venv-engines/bin/python -m pytest -p no:cacheprovider tests/warehouse/test_engines.py tests/warehouse/test_dialects.py

# What vendors' libraries really send, to `expansion serve`: none of them is a dependency of the product. Two of Segment's
# cannot share a venv. Without Node its half is left out, and the test says so. WRITE=1 writes the table of
# docs/senders.md anew.
.venv-senders/.ready: requirements-senders.lock requirements-senders-old.lock $(READY)
	@echo "Setting up .venv-senders (once)" >&2
	@for old in "" -old; do \
	  test -x .venv-senders$$old/bin/python || $(PYTHON) -m venv .venv-senders$$old; \
	  VIRTUAL_ENV=.venv-senders$$old $(BIN)/uv pip install --quiet --require-hashes -r requirements-senders$$old.lock || exit 1; \
	done
	@touch $@

.venv-senders/.ready-node: tests/senders/node/package.json tests/senders/node/package-lock.json .venv-senders/.ready
	@if command -v npm >/dev/null; then \
	  mkdir -p .venv-senders/node; \
	  cp tests/senders/node/package.json tests/senders/node/package-lock.json .venv-senders/node; \
	  npm ci --prefix .venv-senders/node --ignore-scripts --no-audit --no-fund --silent; \
	fi
	@touch $@

test-senders: .venv-senders/.ready-node
	$(if $(WRITE),@$(BIN)/python -m tests.senders.page --write,\
	  EXPANSION_SENDERS=1 $(BIN)/python -m pytest -p no:cacheprovider -v tests/senders)

# The evaluator against the oracle in 100,000 worlds, and what must not matter in as many in proportion. Takes hours;
# EXPANSION_FUZZ_EXAMPLES=5000 takes fewer.
fuzz: $(READY)
	EXPANSION_FUZZ=1 $(BIN)/python -m pytest -n 2 tests/evaluate/test_oracle.py tests/evaluate/test_metamorphic.py \
	  tests/evaluate/test_live.py

# The search for secrets and addresses in all that is written, after four commands that go wrong in every way; and the
# product changed in ways that a vendor would refuse: each has to make a test fail.
canaries: $(READY)
	EXPANSION_CANARIES=1 $(BIN)/python -m pytest tests/security/test_canaries.py tests/mutations \
	  tests/example/test_by_the_book.py

# Prefect's automation that calls silent runs crashed, in a real server: not those that wait for a person.
zombies: $(READY)
	EXPANSION_ZOMBIES=1 $(BIN)/python -m pytest tests/flows/test_zombies.py

# Kills, faults and several workers in 500 worlds: every step once? CHAOS="--runs 50 --seed 7" plays others. Then whole
# jobs that are killed, 4 times KILLS of them by themselves and half as many under Prefect.
CHAOS ?= --runs 500
KILLS ?= 10
chaos: $(READY)
	$(BIN)/python -m tests.chaos $(CHAOS)
	EXPANSION_TEST_KILLS=$(KILLS) $(BIN)/python -m pytest tests/e2e/test_kill.py

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/expansion check

# What follows from the code: the schemas that editors read, the settings template, the tables in docs/.
docs: $(READY)
	@$(BIN)/expansion init --schemas-only --plain
	@$(BIN)/python -m cli.settings_list docs/connect.md
	@$(BIN)/python -m tests.systems.page docs/systems.md
	@$(BIN)/python -m cli.language_page docs/language.md

bench: $(READY)
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.imports
	@$(BIN)/python -m benchmarks.pulls
	@$(BIN)/python -m benchmarks.actions
	@$(BIN)/python -m benchmarks.serve
	@$(BIN)/python -m benchmarks.reacting

# 100 million events: 15 GB of disk, and half an hour or more.
bench-large: $(READY)
	@$(BIN)/python -m benchmarks --events 100000000 --rounds 2

lock: $(READY)
	@VIRTUAL_ENV=.venv $(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q --upgrade -o requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip compile pyproject.toml --extra dev --extra engines --constraint requirements.lock \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --no-annotate -q --upgrade -o requirements-engines.lock
	@for old in "" -old; do \
	  VIRTUAL_ENV=.venv $(BIN)/uv pip compile tests/senders/python$$old.in --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q --upgrade \
	    -o requirements-senders$$old.lock || exit 1; \
	done

clean:
	rm -rf .venv .venv-engines .venv-senders .venv-senders-old .demo
