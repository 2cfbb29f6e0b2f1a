# `make demo` and `make test` set everything up first, on a bare machine too:
# .venv, the package, and on Linux the system libraries that Qt and OpenGL need.

SHELL := bash
.DEFAULT_GOAL := help
VENV ?= .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps

# Linux without a screen: Qt gets a virtual one, and the demo writes its picture.
ifeq ($(shell uname -s)$(DISPLAY)$(WAYLAND_DISPLAY),Linux)
SCREEN := xvfb-run -a -s "-screen 0 1600x1000x24"
PICTURE := --screenshot demo.png
endif

.PHONY: help demo test test-ci test-all coverage coverage-rest fuzz threads walk lint format bench performance soak first-click heartbeat figures docs clean

help:
	@echo "make demo     open napari with the X-ray sample and run the job (no screen: writes demo.png)"
	@echo "make test     the quick tests: a few cases of each, without those that take long"
	@echo "make test-ci  the whole tests, as CI runs them"
	@echo "make test-all the tests, with many more examples, other ones each time (an hour or more)"
	@echo "make coverage  which branches of the core the tests reach (the loops as their twins): all"
	@echo "make coverage-rest  and of all else, by the quick tests: 90 % or more"
	@echo "make fuzz     100,000 random arrays against the tests' oracle (or NUMBER of them from seed FIRST)"
	@echo "make threads  every method in 8 Python threads at once: the bits of one thread (ARGS=\"ROUNDS THREADS SEED\")"
	@echo "make walk     200 walks of random steps in a real viewer (or NUMBER of them), other ones each time"
	@echo "make lint     ruff, mypy, import contracts, npe2 manifest"
	@echo "make format   let ruff rewrite what it can"
	@echo "make bench    the benchmarks, with the peers in the same run"
	@echo "make performance  measure what docs/performance.md says, and write it (six minutes at most, on an idle machine)"
	@echo "make first-click  how long a new user waits for the first result (about 7 minutes)"
	@echo "make heartbeat  where the event loop is held, with us and without (half a minute)"
	@echo "make soak     500 runs, 200 previews and 50 panels in one viewer: what stays behind (ARGS=\"--minutes 6\")"
	@echo "make figures  the pictures of the README and the documentation"
	@echo "make docs     the site, into site/; a warning is an error"
	@echo "make clean    remove $(VENV) and what the tools left"

demo: $(STAMPS)/demo $(STAMPS)/system
	$(SCREEN) $(BIN)/python docs/demo.py $(PICTURE)

# Each process of the tests has a screen of its own (tests/helpers/screens.py). What pytest
# compiles of tests and plugins is kept for the next one, whatever the environment says.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest
WORKERS := -n auto --maxprocesses 8 --dist worksteal

# The watchdog measures the GUI thread's processor time, which another process beside it makes longer.
WATCHDOG := tests/gui/test_watchdog.py

# What somebody names is run whole.
test: $(STAMPS)/dev $(STAMPS)/system
	$(if $(ARGS),,HISTEQ_TESTS=quick )$(PYTEST) $(or $(ARGS),tests $(WORKERS))

test-ci: $(STAMPS)/dev $(STAMPS)/system
	$(PYTEST) tests --ignore=$(WATCHDOG) $(WORKERS)
	$(PYTEST) $(WATCHDOG)

test-all: export HISTEQ_TESTS := thorough
test-all: $(STAMPS)/dev $(STAMPS)/system
	$(PYTEST) $(or $(ARGS),tests $(WORKERS))

# No tool sees compiled loops run: the loops run as their twins, which have the same bits.
coverage: $(STAMPS)/dev $(STAMPS)/system
	NAPARI_HISTEQ_LOOPS=numpy $(PYTEST) --cov --cov-report= $(or $(ARGS),tests/core $(WORKERS))
	$(BIN)/coverage report --include='*/core/*' $(if $(ARGS),,--fail-under=100)

# All else, by the quick tests; and what these leave out, as each of its tests takes long, by all of its own.
ALL_OF := tests/gui/result/test_files_run.py tests/gui/result/test_comparing.py tests/gui/saving
coverage-rest: $(STAMPS)/dev $(STAMPS)/system
	HISTEQ_TESTS=quick $(PYTEST) --cov --cov-report= tests --ignore=tests/core $(WORKERS)
	$(PYTEST) --cov --cov-append --cov-report= $(ALL_OF) $(WORKERS)
	$(BIN)/coverage report --omit='*/core/*' --precision=2 --fail-under=90

# make fuzz NUMBER=5000 FIRST=100000
fuzz: $(STAMPS)/dev
	$(BIN)/python scripts/fuzz.py $(or $(NUMBER),100000) $(or $(FIRST),0)

threads: $(STAMPS)/dev
	$(BIN)/python scripts/threads.py $(ARGS)

# make walk NUMBER=1000; ARGS="--hypothesis-seed=3" for the same ones again
walk: export HISTEQ_TESTS := thorough
walk: export HISTEQ_WALKS := $(or $(NUMBER),200)
walk: $(STAMPS)/dev $(STAMPS)/system
	$(PYTEST) tests/gui/test_walk.py $(ARGS)

lint: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy benchmarks docs scripts  # by themselves: there is a second conftest.py
	$(BIN)/lint-imports
	$(BIN)/npe2 validate --imports napari-histeq
	$(BIN)/python docs/tables.py --check

format: $(STAMPS)/dev
	cp src/napari_histeq/napari.yaml napari.yaml
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMPS)/dev $(STAMPS)/system
	$(SCREEN) $(BIN)/python -m pytest benchmarks -o python_files='bench_*.py' $(ARGS)

performance: $(STAMPS)/dev
	$(BIN)/python benchmarks/page.py $(ARGS)

first-click: $(STAMPS)/dev $(STAMPS)/system
	$(SCREEN) $(BIN)/python benchmarks/first_click.py $(ARGS)

heartbeat: $(STAMPS)/dev $(STAMPS)/system
	$(SCREEN) $(BIN)/python benchmarks/heartbeat.py $(ARGS)

soak: $(STAMPS)/dev $(STAMPS)/system
	$(SCREEN) $(BIN)/python benchmarks/soak.py $(ARGS)

figures: $(STAMPS)/dev $(STAMPS)/system
	$(SCREEN) $(BIN)/python docs/demo.py --screenshot docs/images/panel.png
	for script in docs/figures/*.py; do \
	    [ ! -e "$$script" ] || $(SCREEN) $(BIN)/python "$$script" || exit 1; \
	done

docs: $(STAMPS)/docs
	$(BIN)/python -m mkdocs build --strict $(ARGS)

clean:
	rm -rf $(VENV) build dist site demo.png .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf .import_linter_cache .benchmarks
	find src tests -name __pycache__ -prune -exec rm -rf {} +

# A stamp is the time of the last set-up that succeeded: the second run is quick.

$(STAMPS)/venv: scripts/make-venv
	scripts/make-venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/demo: pyproject.toml $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	@touch $@

$(STAMPS)/dev: pyproject.toml $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --editable '.[all,dev]'
	@touch $@ $(STAMPS)/demo

$(STAMPS)/docs: pyproject.toml $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

# It looks at the Qt that was installed, so it comes after.
$(STAMPS)/system: scripts/system-libs | $(STAMPS)/demo
	scripts/system-libs $(BIN)/python
	@touch $@
