export GAME_MARKET_HOME ?= $(CURDIR)/.data
PROGRAMS = extractor transformer reporter orchestrator sandbox
INSPECT = PATH="$$(build-support/checkers):$$PATH" python build-support/inspect_packages.py

.PHONY: help build demo report test check lint-files lint-infra screenshots bench-extract bench-warehouse costs release fmt lock
.PHONY: clean-build images check-images audit start local-start demo-stack down clean status logs backfill backup restore prune test-stack check-stack terraform-mirror
.PHONY: prod-infra-plan prod-infra-drift prod-infra-apply deploy-images prod-backfill test-cloud

STACK = @command -v python3 >/dev/null || { echo "stack: some python3 from 3.9 on is needed: install it (Debian: apt-get install python3; macOS: xcode-select --install)." >&2; exit 64; }; python3 -m stack

help: ## Show what can be made (the default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the stages and the sandbox: dist/{extractor,transformer,reporter,orchestrator,sandbox}.pex
	./pants package libs:: services::

demo: build ## Run two days of the whole pipeline (RECORDED=<folder>: from recorded RAWG responses)
	./pants run demo/__main__.py -- $(if $(RECORDED),--recorded "$(RECORDED)")

report: build ## Make the report of the marts in GAME_MARKET_HOME, or of the demo's, and print its path (OPEN=1: open it)
	@build-support/report $(if $(OPEN),--open)

test: ## Run everything that a pull request must pass (NIGHTLY=1: also what takes too long for that)
	@"$$(build-support/find-python 3.12)" build-support/run_checks.py

check: ## Run what the changes since main (BASE=<another>) reach, as CI does for a pull request
	@"$$(build-support/find-python 3.12)" build-support/run_checks.py --changed

lint-files: ## Lint what Pants does not: workflows, shell, Dockerfiles, YAML (make test does it, too)
	@"$$(build-support/find-python 3.12)" build-support/lint_files.py

lint-infra: ## Check infra/ by Checkov (270 MB, installed once; needs no account and no Terraform)
	@"$$(build-support/checkers checkov)/checkov" --directory infra --framework terraform --compact --quiet --skip-download

screenshots: ## Take the pictures of Dagster's pages and of the report in docs/images anew (in Chromium)
	build-support/chromium
	SCREENSHOTS_FOLDER="$(CURDIR)/docs/images" ./pants test --force tests/pages::

bench-extract: build ## Measure the extractor beside others (LONG=1: also 5,000 pages) into docs/benchmarks.md
	build-support/minio
	"$$(build-support/find-python 3.12)" -m benchmarks $(if $(LONG),--long)

bench-warehouse: build ## Measure builds as history grows (LONG=1: a year, ten thin ones, 900,000 games) into docs/benchmarks_warehouse.md
	"$$(build-support/find-python 3.12)" -m benchmarks.warehouse $(if $(LONG),--long)

costs: ## Write docs/costs.md anew from what was measured and list prices (benchmarks/costs)
	"$$(build-support/find-python 3.12)" -m benchmarks.costs

images: ## Build the images of the stages, Dagster and the sandbox (IMAGES="<some>", PYTHON_IMAGE=<base>, RELEASE=<version>)
	build-support/make_images $(IMAGES)
	$(if $(RELEASE),build-support/release_images "$(RELEASE)")

check-images: images ## Start the images, list what is in them (SBOM, licences), ask for vulnerabilities: dist/packages
	$(INSPECT) $(patsubst %,game-market/%:local,$(or $(IMAGES),$(PROGRAMS)))

audit: build ## The same of dist/*.pex, where no Docker is
	$(INSPECT) $(PROGRAMS:%=dist/%.pex)

start: ## Start the local stack in containers: look, build the images, wait until all of it is healthy
	$(STACK) start

local-start: start ## The same

demo-stack: start ## Run a day through the local stack, twice
	$(STACK) demo

down: ## Stop the local stack; its data stays
	$(STACK) down

clean: ## Remove the local stack and its data, after a question (YES=1: without)
	$(STACK) clean $(if $(YES),--yes)

status: ## Show how the stack is: its services, its latest runs, room on the disk
	$(STACK) status

logs: ## Follow the stack's logs (SERVICE=<one of them>)
	$(STACK) logs $(SERVICE)

backfill: ## Run a range of days through the stack's Dagster (FROM=2024-01-01 TO=2024-01-05)
	$(STACK) backfill --from "$(FROM)" --to "$(TO)"

backup: ## Write all data of the stack into a folder (TO=<a new folder>)
	$(STACK) backup "$(TO)"

restore: ## Replace all data of the stack by a backup's, after a question (FROM=<its folder>; YES=1: without)
	$(STACK) restore "$(FROM)" $(if $(YES),--yes)

prune: ## Remove logs of the stack's old runs, and replaced images (DAYS=90); Dagster does the former each week
	$(STACK) prune --days "$(or $(DAYS),90)"

prod-infra-plan: ## Show what infra/ would change in AWS and Snowflake (ENV=dev|prod)
	ENV=$(or $(ENV),prod) scripts/deploy_infra.sh plan

prod-infra-drift: ## Look whether AWS and Snowflake are what infra/ says; else it fails (ENV=dev|prod)
	ENV=$(or $(ENV),prod) scripts/deploy_infra.sh drift

prod-infra-apply: ## Apply infra/, after a question (ENV=dev|prod)
	ENV=$(or $(ENV),prod) scripts/deploy_infra.sh apply

deploy-images: ## Push the stages' images to ECR and pin their digests for the next apply (ENV=dev|prod)
	ENV=$(or $(ENV),prod) scripts/build_and_push.sh

prod-backfill: ## Start the state machine for a range of days (ENV=dev|prod, FROM=2024-01-01 TO=2024-01-31)
	ENV=$(or $(ENV),prod) scripts/start_backfill.sh "$(FROM)" "$(TO)"

test-cloud: ## Apply infra/ on an emulator of AWS and run its state machine (TF_PLUGIN_DIRS; some 10 minutes)
	./pants test tests/cloud::

test-stack: ## Run the stack in containers and break it: a day, a backfill, kills, restarts (some 25 minutes)
	eval "$$(build-support/stack_for_tests)" && ./pants test tests/images:: tests/stack::

check-stack: ## The same, if commits since main (BASE=<another>) change the images or the stack: CI does it for a pull request
	@build-support/check_stack

terraform-mirror: ## Fetch the providers of infra/ into the cache, for its tests (once; no Terraform, no tests of it)
	@for root in bootstrap aws snowflake; do \
	  terraform -chdir=infra/$$root providers mirror "$${XDG_CACHE_HOME:-$$HOME/.cache}/game-market/terraform" || exit; done

release: ## Make a release on this machine: version, changelog, commit and tag (VERSION=0.2.0)
	@"$$(build-support/find-python 3.12)" build-support/release.py "$(VERSION)"

fmt: ## Fix what ruff can fix, and format
	./pants fix fmt ::

lock: ## Resolve 3rdparty/python/requirements.txt into main.lock anew (some minutes)
	./pants generate-lockfiles --resolve=main

clean-build: ## Remove what builds and tests leave behind (not the data in .data)
	rm -rf dist .pants.d .ruff_cache .mypy_cache .pytest_cache
