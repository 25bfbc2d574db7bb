# make run: start the app. make test: everything CI checks. make quick: what needs no browser and no large network.
# Each sets up what is missing first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS_READY := $(VENV)/.tests-ready

.PHONY: run test quick lint format island images bench check-networks check-exports check-versions clean

# Without SparseML the rest of the app runs all the same.
run: $(READY)
	-$(BIN)/python -m explorer.process.island
	$(BIN)/python -m explorer

# One thread a process, or the processes fight over the cores. Two browsers, each with a server of its own, keep two
# cores busy; what they wait for has time enough. Where a browser and its server are starved of both, a test runs
# once more, and the log names it.
test: $(TESTS_READY)
	$(MAKE) --jobs=2 lint island
	OMP_NUM_THREADS=1 $(BIN)/pytest -m "not browser" --numprocesses logical --maxprocesses 4 --dist loadfile
	OMP_NUM_THREADS=1 $(BIN)/pytest -m browser --numprocesses 2 --dist loadscope --reruns 1 -rR

quick: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -m "not browser and not large" --numprocesses logical --maxprocesses 4 --dist loadfile

lint: $(TESTS_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/oxlint --deny-warnings explorer

format: $(TESTS_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

island: $(READY)
	$(BIN)/python -m explorer.process.island

images: $(TESTS_READY)
	$(BIN)/python -m images

bench: $(TESTS_READY)
	$(BIN)/python -m benchmarks

# Some 290 networks of other packages: takes a quarter of an hour, and writes docs/networks.md.
check-networks: $(TESTS_READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.sweep

# Folders to take away, in truly fresh environments: takes some minutes and downloads torch for each library.
check-exports: $(TESTS_READY) island
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fresh

# The oldest torch of the range in pyproject.toml and the newest, in truly fresh environments: some 7 GB each.
# Another Python: make check-versions PYTHON=python3.13.
check-versions:
	$(PYTHON) -m tests.versions

clean:
	rm -rf $(VENV) .sparseml .cache build *.egg-info

# Stamps are written last: an interrupted installation is repeated.
$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "The explorer needs Python 3.11 or newer; name one, e.g. make PYTHON=python3.11"; exit 1; }
	@echo "Setting up $(VENV) from requirements.txt; this takes some minutes the first time."
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --requirement requirements.txt
	touch $(READY)

$(TESTS_READY): requirements-test.txt $(READY)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --requirement requirements-test.txt
	touch $(TESTS_READY)
