# Everything a contributor types. `make run` goes from nothing to an open inbox.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check setup bench faults migration lock

setup: .setup-done

# What it takes to run, then what it takes to develop: who only looks waits for the first.
.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[language]'
	touch .ready

.setup-done: .ready
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev,language]'
	touch .setup-done

run: .ready
	$(BIN)/polydesk demo --if-empty
	$(BIN)/polydesk serve

# On SQLite, then on Postgres and Redis when they answer (POLYDESK_TEST_POSTGRES, POLYDESK_TEST_REDIS say where).
test: setup .stranger/.done
	$(BIN)/python -m polydesk.testing.suite

# A plugin by a stranger, installed as one would be, where only the tests find it.
.stranger/.done: $(shell find tests/stranger -name '*.py' -o -name '*.toml' -o -name '*.html' -o -name '*.css') .setup-done
	rm -rf .stranger
	$(BIN)/pip install --quiet --no-deps --target .stranger ./tests/stranger
	touch $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m polydesk.i18n_tools check

bench: setup
	$(BIN)/python -m bench $(ARGS)

faults: setup
	$(BIN)/python -m tests.faults $(ARGS)

# make migration app=polydesk      compares the tables with what the migrations make of them
migration: setup
	$(BIN)/python -m polydesk.db.authoring $(app) $(if $(initial),--initial)

# After a change of dependencies: write down exactly what is installed.
lock: setup
	$(BIN)/pip freeze --exclude-editable --exclude lingua-language-detector | grep -v '^-e\|@ file' > constraints.txt
