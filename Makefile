# `make demo` runs the main job, `make test` runs every check; both install what they need first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo
DATA ?=

.PHONY: setup demo dist test lint types contract unit coverage benchmarks scale fuzz clients extras bounds lean licences bundle page notebooks docs terminal clean

setup: $(VENV)/installed

# Build tools come first and the build is not isolated, so that constraints.txt pins them too.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("dermtools needs Python 3.11 or newer: make PYTHON=python3.11 setup" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[all,ray]'
	touch $@

demo: setup
	$(BIN)/dermtools demo $(DEMO) $(if $(DATA),--data '$(DATA)')

# Wheel and sdist; whoever builds the same commit gets the same bytes.
dist: setup
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/hatchling build

test: lint types contract unit

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contract: setup
	$(BIN)/lint-imports

unit: setup
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(COVERAGE)

# The tests once more, measured, which takes a third more of processor time; what they start in processes of their own
# is not counted.
coverage: COVERAGE := --cov --cov-report=
coverage: unit
	$(BIN)/python -m tests.support.room_coverage

benchmarks: setup
	$(BIN)/python -m benchmarks

# Time and memory of every command at each of SIZES, against the goals; PARTS="check,search" for some. Goes on where it
# stopped: figures stay in a file, and case bases in scale/. A million cases need 20 GB of disk.
scale: setup
	$(BIN)/python -m benchmarks.scale $(SIZES) $(if $(PARTS),--parts '$(PARTS)')

# Hostile inputs, a minute for each of TARGETS (all by default); not part of `make test`.
fuzz: setup
	$(BIN)/python -m tests.fuzz $(TARGETS)

# Real clients drive the MCP server, each installed in an environment of its own below .clients; NAMES="fastmcp mcp_1" for
# some. Writes the table of docs/clients.md; not part of `make test`.
clients: setup
	$(BIN)/python -m tests.clients $(NAMES)

# Installed for real, each in an environment of its own below .installs: every extra (NAMES="onnx ocr" for some), the oldest
# and the newest of all packages, and what a leaner core would save. Gigabytes; not part of `make test`.
extras: setup
	$(BIN)/python -m tests.installs extras $(NAMES)

bounds: setup
	$(BIN)/python -m tests.installs lowest
	$(BIN)/python -m tests.installs newest

lean: setup
	$(BIN)/python -m tests.installs lean

# The licences of all that is installed, into docs/licences.md.
licences: setup
	$(BIN)/python -m tests.installs.licences

# One file that desktop assistants install with a click; packed by the format's own packer, which needs Node.
bundle: setup
	$(BIN)/python bundle/build.py dist/dermtools.mcpb

# The page of `dermtools app`, built from page/ with Node; what it writes is committed, so that nobody else needs Node.
page:
	cd page && npm ci --ignore-scripts && npm run check && npm run build

# The notebooks of examples/ with what they show, which is committed; each in a folder of its own, that is thrown away.
notebooks: setup
	for one in $(CURDIR)/examples/*.ipynb; do \
		cd "$$(mktemp -d)" && PYTHONPATH=$(CURDIR) $(CURDIR)/$(BIN)/python -m docs.generator.notebook_runs $$one $$one || exit 1; \
	done

# The documentation site, into site/: pages made from the code beside those of docs/. No network; a broken link fails.
docs: setup
	$(BIN)/codespell docs prompts *.md --skip '*.png,*.js'
	$(BIN)/python -m docs.generator build
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --config-file build/mkdocs.yml
	@echo "site/index.html"

# What commands print, as the pictures of docs/terminal.
terminal: setup
	$(BIN)/python -m docs.generator.terminal_pictures

clean:
	rm -rf $(VENV) page/node_modules .clients .installs demo dist build site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
