# make demo     a first look: an environment of its own and a comparison on the bundled clips
# make install  the environment with all models' packages and the development tools
# make test     install, then the whole test suite, in two processes
# make lint     install, then ruff and mypy --strict
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo install test lint clean
demo: $(VENV)/.demo
	$(BIN)/seinfer demo --pull

install: $(VENV)/.all

test: install
	$(BIN)/python -m pytest -n 2 --dist loadgroup

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
