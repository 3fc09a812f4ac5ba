# The list of commands; CI and the README call these. `make help` prints it.
BIN   := node_modules/.bin

.DEFAULT_GOAL := help
.PHONY: availability help setup build test test-all cover check targets switches bench sockets crowd idle soak sustained page truth stats sweeps fuzz demo docs schema clean

help: ## prints this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: node_modules/.package-lock.json ## installs the packages, and a Redis server where there is none and it may
	@sh src/demo/install-redis.sh

# npm writes this file last.
node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

build: setup ## compiles to dist/, and the dashboard to dist/ui/
	@rm -rf dist
	$(BIN)/tsc
	$(BIN)/vite build src/dashboard --outDir ../../dist/ui --emptyOutDir --base ./ --logLevel warn
	@chmod +x dist/bin/*.js

test: build ## runs the tests; the last line is `N passed, N failed`
	@node dist/test/together.js

test-all: build ## the tests in full length, every shipped experiment among them
	@TEST_ALL=1 node dist/test/together.js --timeout 600000

cover: build ## the tests with coverage, in coverage/
	$(BIN)/c8 --reporter text-summary --reporter html node dist/test/together.js

check: build ## types, and the linter
	$(BIN)/tsc -p src/dashboard
	$(BIN)/biome check --config-path=.ci --error-on-warnings src faults bin test

demo: build ## a real application on real servers loses its cache for some seconds; ends in a report
	@node dist/bin/brownout.js demo

targets: build ## every figure that the sample stack is to reach, through the proxy; ONLY=api,cache chooses, WRITE=file writes the table too
	@node dist/test/bench/targets.js

switches: build ## what each optimisation of the sample stack is worth, off and on in turns (35 minutes); ONLY=pool,batch chooses, REPEAT=5 times, WRITE=file writes the table too
	@node dist/test/bench/switches.js

bench: build ## what brownout costs beside HAProxy and others; PATHS=redis,http ROUNDS=5 AGAINST=file WRITE=file choose
	@node dist/test/bench/suite.js $(if $(AGAINST),--against $(AGAINST)) $(if $(WRITE),--write $(WRITE))
	@$(if $(PATHS),,node dist/test/bench/toxiproxy.js)

sockets: build ## 5,000 WebSockets at once, directly and through the proxy: none refused, none lost
	@node dist/test/bench/websockets.js

sustained: build ## what rate of each protocol the generator sustains through the proxy with a p99 lateness under 5 ms
	@node dist/test/bench/sustained.js

crowd: build ## 10,000 WebSockets and 10,000 idle TCP connections through two workers
	@CONNECTIONS=10000 RAMP=60 EVERY=5 WORKERS=2 PROTOCOLS=websocket node dist/test/bench/websockets.js
	@node dist/test/bench/crowd.js

idle: build ## what an idle connection costs in memory
	@node dist/test/bench/idle-main.js

soak: build ## an hour of churn with faults armed all the while: no growth of memory or handles; MINUTES says how long
	@node --expose-gc dist/test/bench/soak.js

page: build ## an hour of twenty targets on the dashboard, in a browser that is here: its memory, and what a redraw costs
	@node dist/test/bench/dashboard.js

truth: build ## outages of known times against what is reported: 20 of 20 within a bucket
	@node dist/test/bench/truth.js

stats: build ## healthy runs: how many get an episode that was none; pairs of sets: how many regressions are false, how many found
	@node dist/test/bench/stats.js

sweeps: build ## ten sweeps each of systems whose limits are known: rate, latency, peak (25 minutes)
	@node dist/test/bench/sweeps.js

availability: build ## the sample shop under one fault after another, RESILIENT=1 and 0: what share is answered in time (35 minutes); ONLY=regex FOR=seconds FILES=… choose
	@node dist/test/bench/availability.js

fuzz: build ## random and mutated bytes against the codecs; ROUNDS says how many
	@node dist/test/bench/fuzz-redis.js $(or $(ROUNDS),20000)
	@node dist/test/bench/fuzz-postgres.js $(or $(ROUNDS),20000)
	@node dist/test/bench/fuzz-http.js $(or $(ROUNDS),20000)
	@node dist/test/bench/fuzz-websocket.js $(or $(ROUNDS),20000)

docs: build ## writes docs/faults.md and docs/errors.md anew
	@node dist/test/bench/docs.js

schema: build ## writes schema/experiment.schema.json anew
	@mkdir -p schema && node dist/bin/brownout.js schema > schema/experiment.schema.json.new && mv schema/experiment.schema.json.new schema/experiment.schema.json

clean: ## removes what was built and measured
	rm -rf dist dist-* coverage .brownout
