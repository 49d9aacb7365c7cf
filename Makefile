# Each target does its own set-up: it needs Python 3.11 or newer, a C++17 compiler and the package index.
#   make PYTHON=python3.12 VENV=/somewhere/else test

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# An environment knows the modules that there were when it was made: where they are others, it is made up to date.
MODULES := $(shell find src -name '*.py' | sort | cksum | cut -d' ' -f1)
STAMP   := $(VENV)/.installed-$(MODULES)

export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

CPP := $(shell find src tests -name '*.cpp' -o -name '*.h' -o -name '*.inl')

.PHONY: setup test test-slow check format demo benchmark

setup: $(STAMP)

$(STAMP): pyproject.toml CMakeLists.txt $(wildcard src/earnest/engine/native/* src/earnest/engine/native/*/*)
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"expected Python 3.11 or newer, got {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@rm -f $(VENV)/.installed*
	@touch $@

test: $(STAMP)
	$(BIN)/python -m pytest -m "not slow" -n 2

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

check: $(STAMP)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python tools/integer_source.py src/earnest/integer
	$(BIN)/python tools/sizes.py .
	@$(BIN)/clang-format --dry-run --Werror $(CPP)
	$(BIN)/cmake --log-level=ERROR -S . -B build/tidy -G "Unix Makefiles" -DPython_EXECUTABLE=$(abspath $(BIN))/python >/dev/null
	$(BIN)/python $(BIN)/run-clang-tidy.py -clang-tidy-binary $(BIN)/clang-tidy -p build/tidy -quiet -hide-progress engine/native

format: $(STAMP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	@$(BIN)/clang-format -i $(CPP)

demo: $(STAMP)
	$(BIN)/python demo.py

benchmark: $(STAMP)
	$(BIN)/python benchmarks/engine.py
