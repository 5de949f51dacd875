# make demo     a first look: a small environment and a comparison on the bundled clips
# make install  the environment with all models' packages and the development tools
# make test     install, then the whole test suite, two processes at a time
# make test-folder FOLDER=clips   install, then the tests of one folder of tests/
# make reproduction SET=path/to/First_DNS_no_reverb   install, then remake the tables of docs/reproduction.md
# make lint     install, then ruff and mypy --strict
# make docs     install, then build the documentation site into build/site; a warning is an error
# make format   format the code and sort the imports
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo install test test-folder reproduction lint docs format clean
demo: $(VENV)/.demo
	$(BIN)/seinfer demo --pull

install: $(VENV)/.all

# The tests of TensorFlow run by themselves, after all others: seinfer never loads torch and TensorFlow into one process
# (each model has a worker process). It is a precaution: with torch 2.13 and TensorFlow 2.21 all tests of tests/backends
# also pass in one process, so `pytest FOLDER` works for any folder. Both commands always run; if one fails, make fails.
PYTEST           := $(BIN)/python -m pytest -n 2 --dist loadgroup
TENSORFLOW_TESTS := tests/backends/dpcrn

# The tests of HTML pages need Chromium. Where it cannot be installed they are skipped, and the reason is printed.
test: install
	sh tools/install_chromium.sh
	failed=0; \
	$(PYTEST) --ignore=$(TENSORFLOW_TESTS) || failed=1; \
	$(PYTEST) $(TENSORFLOW_TESTS) || failed=1; \
	exit $$failed

test-folder: install
	$(BIN)/python -m pytest tests/$(FOLDER)

reproduction: install
	$(BIN)/python -m benchmarks.reproduce_dns2020 "$(SET)"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

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
	$(PIP) install -q -c constraints.txt -e ".[all,dev,docs]"
	touch $@ $(VENV)/.demo
