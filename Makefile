# Two commands do everything on a fresh machine: `make run` and `make test`.
# Both call `setup`, which installs what is missing and is done in a moment the second time.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CODE := edged tests scripts

# The tests start Python some hundred times: where the environment forbids to keep what was compiled, each start costs twice as much.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test test-packages lint check soak models format lock clean foundry-setup foundry-smoke

setup: models

$(STAMP): requirements-dev.lock pyproject.toml scripts/setup.sh scripts/debian.sh
	@scripts/setup.sh $(VENV)
	@touch $@

models: $(STAMP)
	@$(BIN)/edged models build --models-dir models

# `make run CAMERA=sample` plays a rendered belt to a camera.
test-packages:
	@scripts/test_packages.sh

run: setup
	@CAMERA=$(CAMERA) $(BIN)/python scripts/demo.py

# Many tests wait for a broker, a camera or the kernel: three workers keep two cores busy. What tests of a file share is made once; the
# files begin in the order of their collection, the long ones first.
test: setup test-packages
	@$(BIN)/python -m pytest -m "not soak" -n 3 --dist loadfile --no-loadscope-reorder

soak: setup test-packages
	@$(BIN)/python -m pytest -m soak -s -o faulthandler_timeout=0

lint: $(STAMP)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

# The foundry draws and trains; its packages stay away from the box and from .venv. `foundry-setup` brings all fonts (300 MB and more),
# the toy run is content with a few.
FOUNDRY := .venv-foundry
FOUNDRY_STAMP := $(FOUNDRY)/.installed

$(FOUNDRY_STAMP): requirements-foundry.lock scripts/foundry/setup.sh scripts/debian.sh
	@scripts/foundry/setup.sh $(FOUNDRY) few
	@touch $@

foundry-setup: $(FOUNDRY_STAMP)
	@scripts/foundry/setup.sh $(FOUNDRY) all

foundry-smoke: $(FOUNDRY_STAMP)
	@EDGED_SHARED=/dev/null OMP_NUM_THREADS=1 $(FOUNDRY)/bin/python -m scripts.foundry.smoke  # the same everywhere: nothing beside the project is looked at; two threads would wait for each other

format: $(STAMP)
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

check: lint test

# Renews the lock files; needs pip-tools in the environment, and a look at the difference. What is installed on a box has the
# metrics and the letters of annotated pictures: `metrics.file` and `edged read --annotate` work as installed.
lock:
	pip-compile -q --strip-extras --generate-hashes --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --allow-unsafe --upgrade --extra dev -o requirements-dev.lock pyproject.toml
	pip-compile -q --strip-extras --generate-hashes --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --allow-unsafe --extra annotate --extra metrics -c requirements-dev.lock -o requirements.lock pyproject.toml
	pip-compile -q --strip-extras --generate-hashes --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --allow-unsafe --extra foundry -c requirements-dev.lock -o requirements-foundry.lock pyproject.toml

clean:
	rm -rf $(VENV) $(FOUNDRY) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache models/*/ run
