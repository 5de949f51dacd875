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

# The tests of TensorFlow run in a pytest of their own, as in use: seinfer runs each model in its own worker and never
# loads torch and TensorFlow into one process. On Linux they may share one (with torch 2.13 and TensorFlow 2.21 the tests
# of both pass in one process in either order), so `python -m pytest FOLDER` works for every folder.
# Both commands always run; the target fails if either fails.
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
