export GAME_MARKET_HOME ?= $(CURDIR)/.data

.PHONY: help build demo test bench-extract bench-warehouse fmt lock clean

help: ## Show what can be made (the default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the stages and the sandbox: dist/{extractor,transformer,orchestrator,sandbox}.pex
	./pants package libs:: services::

demo: build ## Run two days of the whole pipeline (RECORDED=<folder>: from recorded RAWG responses)
	./pants run demo/__main__.py -- $(if $(RECORDED),--recorded "$(RECORDED)")

test: ## Run everything that a pull request must pass
	@"$$(build-support/find-python 3.12)" build-support/run_checks.py

bench-extract: build ## Measure the extractor beside others (LONG=1: also 5,000 pages) into docs/benchmarks.md
	build-support/minio
	"$$(build-support/find-python 3.12)" -m benchmarks $(if $(LONG),--long)

bench-warehouse: build ## Measure builds as history grows (LONG=1: a year, 900,000 games) into docs/benchmarks_warehouse.md
	"$$(build-support/find-python 3.12)" -m benchmarks.warehouse $(if $(LONG),--long)

fmt: ## Fix what ruff can fix, and format
	./pants ruff check --fix-only .
	./pants ruff format .

lock: ## Resolve 3rdparty/python/requirements.txt into main.lock anew (some minutes)
	./pants generate-lockfiles --resolve=main

clean: ## Remove what builds and tests leave behind (not the data in .data)
	rm -rf dist .pants.d .ruff_cache .mypy_cache .pytest_cache
