# The commands of this repository. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help run test test-load sanitize fuzz bench bench-peers bench-filters bench-http build docs format lint clean setup setup-tests
MAKEFLAGS += --no-print-directory

help: ## list these commands
	@awk -F ':[^#]*## ' '/^[a-z-]+:[^#]*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## build and start everything on http://localhost:8000; Ctrl-C stops it
	swift build -c release --product triage-server
	@exec .build/release/triage-server up

# The engine's tests keep every processor busy for a minute, so that servers which others start would not come up in time.
ENGINE_TESTS := ^(VectorIndexTests|EngineOnRealTextTests|IndexToolTests)\.

# One build for everything: `swift test` on its own would build all of it again, with testable imports.
test: setup-tests lint ## build everything and run all tests
	swift build -c release --build-tests
	swift test -c release --skip-build --filter '$(ENGINE_TESTS)'
	swift test -c release --skip-build --skip '$(ENGINE_TESTS)'
	scripts/test-neon.sh
	scripts/test-console.sh

test-load: build ## hold the API against its own document, event streams and thousands of connections (15 minutes)
	scripts/test-load.sh

sanitize: ## run the engine's tests under AddressSanitizer and ThreadSanitizer; see docs/TESTING.md
	scripts/sanitize.sh

fuzz: ## fuzz the reader of index files, FUZZ_RUNS=200000 times by default; see docs/TESTING.md
	scripts/fuzz.sh

bench: build ## measure speed beside recall and a peer; see Benchmarks/README.md
	Benchmarks/run.sh

bench-peers: build ## measure the engine beside other vector indexes (40 minutes): writes docs/BENCHMARKS.md
	Benchmarks/peers.sh

bench-filters: build ## measure filtered search beside faiss and hnswlib: writes docs/BENCHMARKS-FILTERS.md
	Benchmarks/peers.sh --filters

bench-http: build ## measure the server beside Django REST Framework, needs wrk (12 minutes): writes docs/BENCHMARKS-HTTP.md
	Benchmarks/http.sh

build: setup ## build the programs and libraries
	swift build -c release

docs: ## build the documentation of VectorIndex with DocC, warnings as errors
	scripts/docs.sh

format: ## format all Swift files
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Tests

lint: ## check the formatting of all Swift files
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Tests

clean: ## remove what was built (the data and the downloaded parts in .nexify stay)
	swift package clean

setup:
	@scripts/setup.sh

setup-tests:
	@scripts/setup.sh --tests
