# Targets for people. CI runs .ci/run, which calls these.

GO       ?= go
BUILD    ?= build
FUZZTIME ?= 20s
# Long enough for steady ratios; CI shortens it.
BENCHTIME ?= 1s
# Of the load run of the mesh, and how often it kills a process.
LOAD  ?= 10m
EVERY ?= 20s

# Pinned here and not in go.mod, so that users of the library do not get them.
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
# Of the servers, the one whose version go.mod does not say.
CEDAR_AGENT = 0.2.0

# The race detector needs a C compiler; go env says whether it found one.
ifeq ($(shell $(GO) env CGO_ENABLED),1)
RACE = -race
endif

.PHONY: demo mesh mesh-load test servers generate check bench bench-kestgen fuzz lint vuln numbers corpus clean

## demo: generate, build and run the payments example, and audit what it wrote
demo: | $(BUILD)
	$(GO) generate ./examples/...
	$(GO) build -o $(BUILD)/ ./examples/payments ./cmd/kest
	$(BUILD)/payments -out $(BUILD)/demo
	$(BUILD)/kest verify --keys $(BUILD)/demo/keys.jwks --count 3 --root-only $(BUILD)/demo/passport.json
	$(BUILD)/kest show $(BUILD)/demo/passport.json

## mesh: three services as local processes, see docs/mesh.md
mesh: | $(BUILD)
	@$(MAKE) --no-print-directory servers SERVERS="opa redis-server"
	$(GO) run ./examples/mesh

## mesh-load: LOAD of requests to them, with one process killed every EVERY
mesh-load: | $(BUILD)
	$(GO) run ./examples/mesh -load $(LOAD) -every $(EVERY)

## test: all tests, with the race detector where there is a C compiler
test: | $(BUILD)
ifndef RACE
	@echo "no C compiler found: the tests run WITHOUT the race detector"
endif
	@GO="$(GO)" LOG="$(BUILD)/test.log" .ci/test $(RACE) ./...

## servers: install what some tests run for real: OPA, cedar-agent, Redis, nginx
servers: | $(BUILD)
	@GO="$(GO)" BUILD="$(BUILD)" CEDAR_AGENT="$(CEDAR_AGENT)" .ci/servers $(SERVERS)

## generate: write the generated code of this repository
generate:
	$(GO) generate ./...

## check: fail if generated code is not current, or a raw function is called around its hook
check:
	$(GO) tool kestgen check ./...
	$(GO) tool kestgen vet ./...

## bench: speed as a ratio to bare Ed25519, see docs/performance.md
bench:
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./internal/benchmarks

## bench-kestgen: speed of the generator as a ratio to loading the packages
bench-kestgen:
	$(GO) test -run '^$$' -bench . -benchmem -benchtime 5x -timeout 20m ./internal/benchmarks/generate

## fuzz: every fuzz target for FUZZTIME each
fuzz:
	@GO="$(GO)" FUZZTIME="$(FUZZTIME)" .ci/fuzz

## numbers: the RFC 8785 author's test of 100 million doubles
numbers:
	KEST_NUMBERS=100000000 $(GO) test -run '^TestNumberSequence$$' -count=1 ./runtime/canon

## corpus: generate for the functions of two dozen packages that others wrote, build, compare
corpus:
	$(GO) test -tags corpus -run '^TestCorpus$$' -count=1 -v -timeout 20m ./generator

## lint: formatting, go vet, staticcheck, tidy go.mod
lint:
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	  test -z "$$unformatted" || { echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) mod tidy -diff

## vuln: known vulnerabilities, if the database can be reached
vuln:
	@GO="$(GO)" GOVULNCHECK="$(GOVULNCHECK)" .ci/vuln

clean:
	rm -rf $(BUILD)

$(BUILD):
	@mkdir -p $(BUILD)
