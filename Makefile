# make demo: everything from nothing to a graph that answers. make test: everything from nothing to passing tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT := build/demo

.PHONY: demo test setup lint notebooks corpus clean

demo: $(VENV)/.ready
	@echo "== building the graph of examples/corpus into $(OUT)"
	$(BIN)/kgbuild build examples/corpus --out $(OUT)
	@for query in examples/queries/*.rq; do \
		echo; sed -n '1s/^# /== /p' $$query; $(BIN)/kgbuild query $(OUT) --file $$query || exit 1; done
	@echo; echo "== the report, for a browser: $(OUT)/report.html"

test: $(VENV)/.ready
	@echo "== testing"
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "== making the environment in $(VENV) (the first time takes some minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "== installing torch"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	@echo "== installing kgbuild and what it needs"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

lint: $(VENV)/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/mypy

notebooks: $(VENV)/.ready
	$(BIN)/pytest -m notebook

corpus: $(VENV)/.ready
	$(BIN)/python examples/make_corpus.py

clean:
	rm -rf build $(VENV)
