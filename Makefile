# make demo     a first look: an environment of its own and a comparison on the bundled clips
# make install  the environment with all models' packages and the development tools
# make test     install, then the whole test suite, two processes at a time
# make lint     install, then ruff and mypy --strict
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo install test lint clean
demo: $(VENV)/.demo
	$(BIN)/seinfer demo --pull

install: $(VENV)/.all

# The tests of TensorFlow run by themselves, after all others: seinfer never loads torch and TensorFlow into one process
# (each model has a worker), and their makers do not promise that both work there. It is tidiness, no necessity: with torch
# 2.13 and TensorFlow 2.21 on Linux all tests of tests/backends pass in one process in either order, so `pytest FOLDER`
# is right for any folder. Both commands run in any case; the exit status is 1 if either fails.
PYTEST           := $(BIN)/python -m pytest -n 2 --dist loadgroup
TENSORFLOW_TESTS := tests/backends/dpcrn

test: install
	failed=0; \
	$(PYTEST) --ignore=$(TENSORFLOW_TESTS) || failed=1; \
	$(PYTEST) $(TENSORFLOW_TESTS) || failed=1; \
	exit $$failed

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist *.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The demo takes the models whose packages are small; TensorFlow and torch are not among them.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -q -c constraints.txt -e ".[dpcrn-quant,deepfilternet]"
	touch $@

$(VENV)/.all: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -q -c constraints.txt -e ".[all,dev]"
	touch $@ $(VENV)/.demo
