# Everything a person or CI runs. `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

COMPOSE := $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

.PHONY: help run test fuzz torture build lint proto bench dev-setup docker-compose-up docker-compose-down logs clean

help: ## List these targets
	@echo "OtelOrleans: OpenTelemetry data from Kafka into PostgreSQL"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: dev-setup ## Try it out on this machine (ARGS=--once ends by itself)
	@echo building
	@dotnet build silo -c Release --nologo -v quiet -clp:ErrorsOnly
	@silo/bin/Release/net10.0/otelorleans demo $(ARGS)

test: ## Run all tests (FILTER='--filter-class *Name*' runs some)
	@deploy/dev/setup.sh --for-tests
	@deploy/dev/test.sh $(FILTER)

fuzz: dev-setup ## Compare payloads, and N changed ones, with Google.Protobuf (N=100000 CORPUS=folder of .pb and .json)
	$(if $(CORPUS),OTELORLEANS_TESTS_CORPUS=$(abspath $(CORPUS))) OTELORLEANS_FUZZ_RUNS=$(or $(N),100000) \
		dotnet run --project tests -c Release -- -class '*DifferentialTests' -class '*WholeCorpusTests' -diagnostics

torture: dev-setup ## Break everything for MINUTES with SEED and count (ARGS=--outage, --rolling, or '--load tiny|huge')
	dotnet run --project tests -c Release -- torture --minutes $(or $(MINUTES),10) --seed $(or $(SEED),1) $(ARGS)

build: ## Build everything, warnings as errors
	dotnet build -c Release

lint: ## Check layout and style (`dotnet format` repairs them)
	dotnet format --verify-no-changes

proto: ## Compile the .proto files (into the tests' oracle)
	dotnet build tests -c Release

bench: dev-setup ## Run all benches (BENCH='NAME [ARGUMENTS]' runs one, '--json FILE' at its end writes it down)
	dotnet run --project tests -c Release -- bench $(BENCH)

dev-setup: ## Install what is missing: Postgres' server programs, Chromium for the tests; checks the .NET SDK
	@deploy/dev/setup.sh $(if $(filter dev-setup,$(MAKECMDGOALS)),--for-tests)

docker-compose-up: ## Start Kafka, Postgres, three silos, a Collector and Grafana in containers
	$(COMPOSE) up --detach --build

docker-compose-down: ## Stop them
	$(COMPOSE) down

logs: ## Follow the silos' logs
	$(COMPOSE) logs --follow silo-1 silo-2 silo-3

clean: ## Remove what was built, and test results; the demo's data in .data/ stays
	dotnet clean -c Release -v quiet
	rm -rf TestResults artifacts
