# Needs Python 3.10 or newer with pip, and make. Everything else goes into .venv, and only when pyproject.toml changes.

PYTHON ?= python3
VENV ?= .venv
BENCH := $(VENV)-bench
BIN := $(VENV)/bin

.PHONY: demo test lint bench clean

# A small service and its tests, with the timeline of each test on the screen.
demo: $(VENV)/.demo
	cd docs/demo/orders && $(abspath $(BIN))/python -m pytest --lambda-timeline

# The whole suite, the documentation's examples included.
test: $(VENV)/.test
	$(BIN)/python -m pytest -q -n auto --dist worksteal --timeout 120

lint: $(VENV)/.lint
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

# Each ratio side by side with its peers, in an environment of its own: some of the peers are pytest plugins too.
# A missed target is a line in the table; with STRICT=--strict it is a failure.
bench: $(BENCH)/.bench
	$(BENCH)/bin/python -m pytest benchmarks --benchmark-json=$(BENCH)/results.json
	$(BENCH)/bin/python -m benchmarks.table $(STRICT) $(BENCH)/results.json

clean:
	rm -rf $(VENV) $(BENCH)

# Groups of dependencies need pip 25.1. A Python that has pip but not ensurepip (Debian's) lends its own.
$(VENV)/bin/python $(BENCH)/bin/python:
	$(PYTHON) -m venv $(@:/bin/python=) || $(PYTHON) -m venv --clear --without-pip $(@:/bin/python=)
	$@ -m pip --version >/dev/null 2>&1 || $(PYTHON) -m pip --python $@ install --quiet pip
	$@ -m pip install --quiet --upgrade "pip>=25.1"

# One stamp for each set of packages. The demo needs the plugin alone.
$(VENV)/.demo $(VENV)/.test $(VENV)/.lint: $(BIN)/python
$(BENCH)/.bench: $(BENCH)/bin/python

$(VENV)/.demo: pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.test $(VENV)/.lint $(BENCH)/.bench: pyproject.toml
	$(@D)/bin/python -m pip install --quiet --editable . --group $(subst .,,$(@F))
	touch $@
