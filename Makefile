# The list of commands. CI and the README call these.
MOCHA = node_modules/.bin/mocha

.PHONY: setup build test test-all check bench demo truth stats clean

## setup: packages, and a Redis server where there is none and we may
setup: node_modules/.installed

node_modules/.installed: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	node scripts/setup.mjs
	@touch $@

build: setup
	rm -rf dist && node_modules/.bin/tsc -p tsconfig.json

test: build
	$(MOCHA)

check: build
	node_modules/.bin/biome check .
