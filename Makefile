# make demo     a first look: a small environment and a comparison on the bundled clips
# make install  the environment with all models' packages and the development tools
# make test     install, then the whole test suite, in two processes
# make test-folder FOLDER=clips   install, then the tests of one folder of tests/
# make lint     install, then ruff and mypy --strict
# make format   format the code and sort the imports
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo install test test-folder lint format clean
demo: $(VENV)/.demo
	$(BIN)/seinfer demo --pull

install: $(VENV)/.all

test: install
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-folder: install
	$(BIN)/python -m pytest tests/$(FOLDER)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The demo uses only models with small packages, without TensorFlow and torch.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -q -c constraints.txt -e ".[dpcrn-quant,deepfilternet]"
	touch $@

$(VENV)/.all: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -q -c constraints.txt -e ".[all,dev]"
	touch $@ $(VENV)/.demo
