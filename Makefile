# Byline's commands. Each makes the environment that it needs; `make` alone lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV ?= .venv
# Not the scripts beside it: those break when the folder is moved.
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install -q --disable-pip-version-check --require-hashes
UV := $(VENV)/uv/bin/uv
LOCKED := requirements.txt requirements-dev.txt
# Keyed by what is in the files, not by their dates: a checkout touches those.
MADE := $(VENV)/made-$(shell cat $(LOCKED) | cksum | cut -d ' ' -f 1)

# The two commands and the checks need no settings: the sandbox and embedded servers stand in.
export BYLINE_ENV ?= development
# Nothing of the user's own packages may leak in, nor bytecode of another checkout.
export PYTHONNOUSERSITE := 1

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(MADE)  ## everything, with orders placed and paid before your eyes (ONCE=1: ends after them)
	@$(RUN) -m local demo $(if $(filter 1 yes true,$(ONCE)),--once)

run: $(MADE)  ## everything, without the orders, until Ctrl-C
	@$(RUN) -m local run

test: $(MADE)  ## the whole suite, on real servers, workers and a browser (ARGS="-k word")
	@$(RUN) -m tests.chromium
	@$(RUN) -m pytest $(ARGS)

lint: $(MADE)  ## style, types, import contracts, templates, migrations, production settings
	@$(RUN) -m local lint

benchmark: $(MADE)  ## what the ledger and the quality gate cost, in figures with their bounds
	@$(RUN) -m local services -- $(RUN) -m benchmarks

evaluate: $(MADE)  ## how well the model writes, in figures; texts in var/evaluation (ONLY=word)
	@VAR_DIR=$(or $(VAR_DIR),var)/evaluation $(RUN) -m local services -- \
	    $(RUN) -m evaluation $(if $(ONLY),--only $(ONLY))

faults: $(MADE)  ## break every part, then ask what was lost (MINUTES= SEED= ONLY= LIST=1)
	@VAR_DIR=$(or $(VAR_DIR),var)/faults $(RUN) -m tests.faults $(if $(ONLY),--only "$(ONLY)") \
	    $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(LIST),--list)

seed: $(MADE)  ## the demo's publishers and articles, into the database
	@$(RUN) -m local services -- \
	    sh -c "$(RUN) manage.py migrate --verbosity 0 && $(RUN) manage.py seed"

env: $(MADE)  ## the environment alone, in .venv

lock: $(MADE)  ## compile requirements*.in again, with hashes (ARGS="--upgrade")
	@for name in requirements requirements-dev; do \
	    $(UV) pip compile -q $$name.in -o $$name.txt --universal --python-version 3.11 \
	        --generate-hashes --custom-compile-command "make lock" $(ARGS) || exit 1; \
	done

# Ten seconds with uv, a minute with pip alone. uv stands aside, because `sync` removes from the
# environment whatever is not locked. Where it gets nothing, pip may: it reads the user's own pip
# settings (a mirror, a proxy's certificate), which uv does not.
$(MADE):
	@python=$$(PYTHON="$(PYTHON)" sh local/find_python.sh) || exit 1; \
	echo "making $(VENV) with $$python"; \
	rm -rf $(VENV) && "$$python" -m venv $(VENV) || exit 1; \
	$(PIP) --only-binary :all: --target $(VENV)/uv -r local/uv.txt && \
	VIRTUAL_ENV=$(abspath $(VENV)) $(UV) pip sync -q --system-certs --require-hashes $(LOCKED) || \
	{ echo "uv could not; trying pip"; $(PIP) $(LOCKED:%=-r %); } || exit 1; \
	$(RUN) -c 'import pathlib, sysconfig; \
	    pathlib.Path(sysconfig.get_path("purelib"), "byline.pth").write_text("$(CURDIR)\n")' && \
	touch $@

.PHONY: help demo run test lint benchmark evaluate faults seed env lock
