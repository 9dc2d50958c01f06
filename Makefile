# Two commands for newcomers: `make demo` and `make test`. The rest: `make help`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
export GOFLAGS := -buildvcs=false
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TOOLS := $(HOME)/.cache/mealplanner
tool = $(TOOLS)/$(1)@$(shell awk '$$1 == "$(1)" { print $$2 }' tools/versions)/$(1)
GOLANGCI := $(call tool,golangci-lint)
SQLC := $(call tool,sqlc)
PROMLINT := $(call tool,promlint)
PROMRULES := $(call tool,promrules)
PROMTOOL := $(call tool,promtool)
ARGS ?=

.PHONY: help
help: ## Show what can be made.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

.PHONY: build
build: ## Build bin/mealplanner.
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/mealplanner ./cmd/mealplanner

.PHONY: demo
demo: deps-demo build ## Run everything on this machine: six users, real plans, real mails. ARGS=--once ends by itself.
	./bin/mealplanner demo $(ARGS)

.PHONY: deps-demo
deps-demo:
	@tools/deps demo

.PHONY: deps
deps: ## Install what a Debian machine lacks (as root), else say how.
	@tools/deps test

# Most tests wait for servers and clocks: more of them at a time than there are cores.
PARALLEL := $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); echo $$((n > 6 ? n : 6)))

.PHONY: test
test: deps ## All tests: real PostgreSQL, SMTP, IMAP, HTTP.
	go vet ./...
	go test -vet=off -parallel $(PARALLEL) -timeout 20m ./...

CALENDAR ?= -rotating 3
.PHONY: test-calendar
test-calendar: ## Time-dependent packages at other moments: three that rotate by the day; CALENDAR= for all (an hour).
	@tools/deps calendar
	go run ./test/cmd/calendar $(CALENDAR)

.PHONY: test-race
test-race: ## The same under the race detector (an hour).
	go test -race -timeout 90m ./...

# What only computes, draws or repeats single-handed is left to test-race.
SINGLE := TestReplies|TestAnySequence|TestAPlannerAndAPerson|TestHostileMails|TestLongTexts|TestNothingToPlanWith|TestFreshUserWithALarge
.PHONY: test-race-shared
test-race-shared: ## The race detector where goroutines meet: without engine, mail pages and the long sequences (CI).
	go test -race -timeout 40m -skip '$(SINGLE)' $$(go list ./... | grep -vE '/cmd/|/pkg/(generate|mailer|domain/(quotation|allergen|food|insight)|ops/drill)(/|$$)|/test/suite/planmail$$|/tools/')

.PHONY: newcomer
newcomer: ## Type the README into a bare Debian that has Go, git and make (debootstrap, root, half an hour).
	test/suite/newcomer/newcomer

SERVERS := prometheus alertmanager jaeger loki otelcol docker-compose
.PHONY: image-test
image-test: ## Build the image as a release does, with a real Docker engine, and run the program in it.
	@tools/deps docker
	@tools/install docker-compose
	go test -tags compose -count=1 -timeout 25m -v -run 'TestImage$$' ./test/suite/compose

.PHONY: compose-test
compose-test: ## compose.yaml with a real Docker engine: plans, traces, logs, figures, lock-down (builds the servers once).
	@tools/deps docker
	@tools/install $(SERVERS)
	go test -tags compose -count=1 -timeout 25m -v ./test/suite/compose

.PHONY: test-oracle
test-oracle: ## The engine against independent exact methods, CBC among them.
	@tools/deps oracle
	go test -tags oracle -count=1 -timeout 30m -v ./pkg/generate/...

.PHONY: test-kill
test-kill: ## Kill a generation at every point; expect one plan and one mail.
	go test -tags kill -count=1 -timeout 30m -v -run TestKill ./test/suite/kill

.PHONY: test-tandoor
test-tandoor: deps ## On a real Tandoor that can be thrown away: MEALPLANNER_TANDOOR_URL=, MEALPLANNER_TANDOOR_TOKEN= (an hour).
	go test -tags live -p 1 -count=1 -timeout 3h -v -run TestLive ./pkg/tandoor ./pkg/app

.PHONY: test-replicas
test-replicas: deps ## Three schedulers, one killed every 5 seconds, 2,000 users: one plan and one mail each; and how fast (4 minutes).
	go test -tags replicas -count=1 -timeout 20m -v ./test/suite/replicas

.PHONY: test-overlap
test-overlap: ## 50 generations with slow upstreams: p95, overlap of the fetches, and one after the other beside it.
	go test -tags overlap -count=1 -timeout 10m -v -run TestFetchesOverlap ./pkg/app

STACK := prometheus promtool alertmanager amtool jaeger loki otelcol

.PHONY: stack
stack: ## Build the real telemetry servers (a quarter of an hour, once); Loki is yours to give, it says how.
	@tools/install $(STACK)

.PHONY: stack-up
stack-up: stack ## Run Collector, Prometheus, Alertmanager, Jaeger and, where there is one, Loki on loopback.
	@go run ./test/kit/stack/stackctl up

.PHONY: stack-down
stack-down: stack ## Stop them; data and logs stay.
	@go run ./test/kit/stack/stackctl down

.PHONY: stack-status
stack-status: stack ## Say which of them run, and where.
	@go run ./test/kit/stack/stackctl status

WALK := test/pages/node_modules/.package-lock.json
.PHONY: e2e
e2e: stack $(WALK) ## The whole program against the real telemetry servers: truth, correlation, outages, retention (10 minutes).
	@tools/deps e2e
	DASHBOARD_ANSWERS=$(ANSWERS) go test -tags e2e -count=1 -timeout 60m -v ./test/suite/e2e

.PHONY: e2e-long
e2e-long: stack ## Outages of five minutes each; the result goes into docs/observability.md by hand.
	@tools/deps e2e
	OUTAGE=5m go test -tags e2e -count=1 -timeout 60m -v -run TestOutages ./test/suite/e2e

.PHONY: e2e-alerts
e2e-alerts: stack $(PROMRULES) ## Every alert by its fault under time-compressed rules: fires, notifies, is diagnosed, resolves; tiers; runbooks (35 minutes). ARGS='-part 1/3' for a third.
	@tools/deps e2e
	go test -tags drill -count=1 -timeout 90m -v -skip TestDiagnosis ./test/suite/drill $(ARGS) | tee $(TOOLS)/e2e-alerts$(if $(ARGS),-part).log

.PHONY: e2e-diagnosis
e2e-diagnosis: stack $(PROMRULES) ## Every fault diagnosed, one after the other, with what was named when (20 minutes, outside CI).
	@tools/deps e2e
	go test -tags drill -count=1 -timeout 90m -v -run TestDiagnosis ./test/suite/drill

.PHONY: definition-of-done
definition-of-done: ## Write docs/evidence/definition-of-done.md from the last make e2e-alerts.
	go run ./test/cmd/done $(TOOLS)/e2e-alerts.log > docs/evidence/definition-of-done.md

NAME ?=
.PHONY: drill
drill: build ## Break an installation of its own and follow the alert: make drill NAME=api-down; without NAME list the drills.
ifeq ($(NAME),)
	@./bin/mealplanner drill
else
	@$(MAKE) --no-print-directory stack $(PROMRULES)
	@tools/deps e2e
	go test -tags drill -count=1 -timeout 30m -v -run TestDrills ./test/suite/drill -only $(NAME)
endif

.PHONY: lint
lint: $(GOLANGCI) ## Linter, with the layers' arrows.
	$(GOLANGCI) run

.PHONY: lint-self-test
lint-self-test: $(GOLANGCI) ## Plant one violation per arrow and expect each finding.
	test/lint/self-test $(GOLANGCI)

GRAFANA := test/grafana/node_modules/.package-lock.json
$(GRAFANA): test/grafana/package-lock.json
	@tools/deps dashboards
	npm --prefix test/grafana ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(WALK): test/pages/package-lock.json
	@tools/deps dashboards
	npm --prefix test/pages ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test-pages
test-pages: $(WALK) ## The ways of people through the pages in Chromium (Playwright), each page held against axe-core and html-validate (a minute, npm).
	@tools/deps test
	go test -tags pages -count=1 -timeout 15m -v -run '^TestPagesInBrowsers$$' ./pkg/app

OPENAPI := test/openapi/node_modules/.package-lock.json
$(OPENAPI): test/openapi/package-lock.json
	@tools/deps dashboards
	npm --prefix test/openapi ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

CLIENT := $(CURDIR)/tools/apiclient/client
.PHONY: test-client
test-client: $(OPENAPI) ## The API's document against a linter; a client that oapi-codegen makes of it compiles and plans a week; 20,000 inputs made of it (2 minutes, npm).
	@tools/deps test
	go test -count=1 ./pkg/web/api -run '^TestTheDocument' -documents $(CLIENT)
	npm --prefix test/openapi run --silent check -- $(CLIENT)/openapi.yaml
	go -C tools/apiclient generate
	go -C tools/apiclient build -o $(CLIENT)/apiclient .
	go test -count=1 -v ./pkg/app -run '^(TestAGeneratedClientPlansAWeek|TestWhateverProgramsSend)$$' -api-client $(CLIENT)/apiclient -api-inputs 20000

.PHONY: pages-pictures
pages-pictures: $(WALK) ## Take the pages' pictures of docs/img anew.
	PAGES_PICTURES=$(CURDIR)/docs/img go test -tags pages -count=1 -timeout 15m -v -run '^TestPagesInBrowsers$$' ./pkg/app

.PHONY: lint-dashboards
lint-dashboards: $(PROMLINT) $(GRAFANA) ## Dashboards: queries against the catalogue, JSON against Grafana's types, stored answers through Grafana's code (npm).
	npm --prefix test/grafana run --silent check
	go test -tags dashboards -count=1 ./test/suite/dashboards -promlint $(PROMLINT)

ANSWERS := $(TOOLS)/dashboard-answers.jsonl
.PHONY: lint-answers
lint-answers: $(GRAFANA) ## The answers of the last make e2e through Grafana's code: what each panel would show.
	npm --prefix test/grafana run --silent panels -- $(ANSWERS)

.PHONY: dashboard-answers
dashboard-answers: stack ## Ask a real stack every dashboard's queries anew, for make lint-dashboards (TestTruth of make e2e).
	@tools/deps e2e
	DASHBOARD_ANSWERS=$(CURDIR)/test/grafana/answers.jsonl go test -tags e2e -count=1 -timeout 30m -v -run '^TestTruth$$' ./test/suite/e2e

DRAW := test/grafana/draw/node_modules/.package-lock.json
$(DRAW): test/grafana/draw/package-lock.json
	@tools/deps dashboards
	npm --prefix test/grafana/draw ci --legacy-peer-deps --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

PICTURES := $(TOOLS)/dashboard-pictures
.PHONY: dashboard-pictures
dashboard-pictures: stack $(PROMRULES) $(DRAW) ## Draw docs/img/dashboards with Grafana's own components: each in health and under a drill (half an hour, npm; ARGS='-only page-errors' for that drill's alone).
	@tools/deps e2e
	@rm -rf $(PICTURES)
	DASHBOARD_ANSWERS=$(PICTURES) go test -tags drill,pictures -count=1 -timeout 60m -v -run TestDashboardAnswers ./test/suite/drill $(ARGS)
	npm --prefix test/grafana/draw run --silent draw -- $(CURDIR)/docs/img/dashboards $(PICTURES)/*.jsonl

.PHONY: test-rules
test-rules: $(PROMLINT) $(PROMRULES) $(PROMTOOL) ## Alert rules: syntax, unit tests, queries against the catalogue, docs/alerts.md, the drill's scale.
	go -C tools/promql test ./...
	$(PROMTOOL) check rules --lint=all --lint-fatal prometheus/rules/*.yml
	$(PROMTOOL) test rules prometheus/tests/*.yml
	go test -tags rules -count=1 ./test/suite/rules -promlint $(PROMLINT) -promrules $(PROMRULES) -promtool $(PROMTOOL)

.PHONY: test-routes
test-routes: ## Notifications: alertmanager.yml in the real Alertmanager, every route and inhibition (20 seconds).
	@tools/install alertmanager amtool
	$(call tool,amtool) check-config alertmanager/alertmanager.yml
	go test -tags routes -count=1 ./test/suite/alerting -amtool $(call tool,amtool)

.PHONY: test-mutation
test-mutation: $(PROMRULES) $(PROMTOOL) ## Plant every small fault in the alert rules and expect their tests to find it (2 minutes).
	$(PROMRULES) mutate -promtool $(PROMTOOL) -tests 'prometheus/tests/*.yml' -equivalent test/suite/rules/equivalent-mutants.yml $(ARGS) prometheus/rules/*.yml

.PHONY: generate
generate: $(SQLC) ## Generate the database code, the documentation pages, the licence notices, the catalogues of messages and the rules' healthy month.
	cd pkg/postgres && $(SQLC) generate
	go test -tags rules ./test/suite/rules -run TestHealthyMonthIsGenerated -update
	go test ./cmd/mealplanner ./pkg/telemetry/metrics -run 'TestConfigurationPage|TestMetricsPage' -update
	go run ./tools/release notices
	go run ./tools/messages

.PHONY: generate-check
generate-check: $(SQLC) ## Fail when generated code is not what the sources give.
	cd pkg/postgres && $(SQLC) diff

.PHONY: docs-image
docs-image: deps ## Photograph the plan mail: docs/img/plan-mail.png.
	go test ./test/suite/planmail -count=1 -docs-image $(CURDIR)/docs/img/plan-mail.png

.PHONY: docs-pictures
docs-pictures: stack deps ## Draw docs/img/{panel,trace,logs}.png from the real servers' answers to a slow plan (2 minutes).
	go test -tags e2e,pictures -count=1 -timeout 10m -v -run TestDocsPictures ./test/suite/e2e

.PHONY: bench-solve
bench-solve: ## Our engine against CBC, pools of 12 to 500 (4 minutes; ARGS='-cbc-seconds 0' without CBC).
	@tools/deps oracle
	go run ./test/cmd/benchsolve $(ARGS)

.PHONY: bench-telemetry
bench-telemetry: ## What telemetry costs: off, sink up, down, black-holed.
	go test -tags bench -count=1 -timeout 30m -v -run TestTelemetryCost ./test/suite/bench

.PHONY: bench-web
bench-web: ## The pages and the API under load: 500 users, 52 weeks, 1,000 recipes, 50 requests a second, telemetry off and on; memory over 100,000 requests.
	go test -tags bench -count=1 -timeout 40m -v -run TestPagesUnderLoad ./test/suite/bench

.PHONY: bench-generation
bench-generation: ## A generation by component: in the whole program, and without input and output.
	go test -tags bench -count=1 -v -run TestComponents -bench BenchmarkGeneration ./test/suite/bench

.PHONY: test-traps
test-traps: ## Check that every trap of the two services has a passing test.
	go run ./test/cmd/traps

.PHONY: spec-coverage
spec-coverage: ## Check that each of the 216 monitoring requirements names a test that exists, or a deviation.
	go run ./test/cmd/coverage docs/evidence/spec-coverage.md 216
	go run ./test/cmd/coverage docs/evidence/peers.md 56

$(TOOLS)/%:
	@tools/install $(@F)

TAGGED = $(if $(filter file,$(origin VERSION)),,-version $(VERSION))
.PHONY: release
release: ## Build the commit's tag for four platforms into dist/: archives, SBOMs, the image where Docker runs, checksums.
	go run ./tools/release build $(TAGGED) $(ARGS)

.PHONY: test-release
test-release: ## Build this platform's archive and SBOM twice and compare; run the binary, validate the SBOM (2 minutes).
	go test -tags release -count=1 -timeout 20m -v -run TestRelease ./tools/release

.PHONY: release-check
release-check: ## Build the commit twice, at two places and without a cache, and compare the bytes.
	go run ./tools/release check $(TAGGED)

.PHONY: clean
clean: ## Remove what was built here.
	rm -rf bin dist
