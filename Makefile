# Each of these does its own set-up on a fresh machine: system packages first, then what it needs and no more.
.PHONY: help setup demo demo-postgres year test lint format protocol cddl vectors mutations mutants sweep fuzz race

help:
	@echo "make demo    set up, build hub and client, let an organisation of 120 devices work, prove the result"
	@echo "make demo-postgres  the same with three nodes on one PostgreSQL, one of them killed in the middle"
	@echo "make year    83 branches live 2017; every replica and every report is held against what was done"
	@echo "make test    set up, lint, build everything, run every test"
	@echo "             RELAY_KILLS=200, RELAY_ACKNOWLEDGEMENTS=1000 and RELAY_PARKED=10000 ask for longer looks"
	@echo "make sweep   kill and fail the programs at every call that writes (an hour); make test takes a sample"
	@echo "make fuzz    feed every reader of bytes from outside under libFuzzer, a minute each; SECONDS=600 for longer"
	@echo "make vectors write the golden vectors of the protocol anew"
	@echo "make mutations break one rule at a time in a copy of the sources, and see which tests notice (half an hour)"
	@echo "make mutants  the same under the simulator: which seed notices; a named test for what no seed does"
	@echo "make format  rewrite the sources in the project's format"

# One flag for every debug build, so that nothing is built twice; warnings are errors.
export RELAY_STRICT = 1

SOURCES = Package.swift Protocol Sources SampleClient Tests
PACKAGES = libsqlite3-dev libcurl4-openssl-dev libpq-dev zlib1g-dev pkg-config sqlite3 python3
# Tests look at system calls, and let them fail as a full disk would; and they run a private PostgreSQL.
test: PACKAGES += strace postgresql procps openssl
demo-postgres: PACKAGES += postgresql

setup:
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null || { echo "Relay needs$$missing, and this machine has no apt-get: install them by hand."; exit 1; }; \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  echo "Installing$$missing"; \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing; \
	fi
	@command -v swift >/dev/null || { echo "Relay needs Swift 6.2 or newer: https://swift.org/install"; exit 1; }

lint: setup
	swift format lint --recursive --strict $(SOURCES)

format:
	swift format --in-place --recursive $(SOURCES)

# Optimised, because it carries 200,000 rows about; only the two programs that it runs.
demo: setup
	swift build -c release --product relay-server
	swift build -c release --product relay-client
	python3 SampleClient/demo/demo.py --bin "$$(swift build -c release --show-bin-path)"

demo-postgres: setup
	swift build -c release --product relay-server
	swift build -c release --product relay-client
	python3 SampleClient/demo/demo.py --postgres --bin "$$(swift build -c release --show-bin-path)"

# The golden vectors, read by a reader that shares no code with the Swift one, and relay.cddl.
protocol: setup
	python3 -B Protocol/reader/check.py
	python3 -B Protocol/conformance/generate.py check Protocol/conformance/directed/*.json

# The same description and vectors, by a CDDL validator that is not this project's; installed beside the build.
cddl: setup
	python3 -m pip install --quiet --target .build/cddl cddl-verifier
	PYTHONPATH=.build/cddl python3 -B Protocol/reader/check_cddl.py

# After a change of the protocol: written by the Swift side, and only right if the other reader agrees.
vectors: setup
	RELAY_WRITE_VECTORS=1 swift test --filter 'RelayProtocolTests.VectorTests|RelayTests.SchemaVectorTests|SessionVectorTests|GzipVectorTests'
	python3 -B Protocol/reader/check.py

# Not part of `make test`, for its time; docs/conformance.md keeps the result.
mutations: setup
	python3 -B Tests/Mutations/run.py --record .build-mutations/table.md

# The same switches, one after the other, under the simulator, and for what that need not notice the test that does; not part
# of `make test`, for its time.
mutants: setup
	swift build -c release -Xswiftc -DMUTATIONS --scratch-path .build-mutations/simulator --product relay-sim
	@sim="$$(swift build -c release -Xswiftc -DMUTATIONS --scratch-path .build-mutations/simulator --show-bin-path)/relay-sim"; \
	"$$sim" mutants && python3 -B Tests/Mutations/run.py --named $$("$$sim" mutants --unseen)

# The programs killed at every call that writes, and each of these calls failing; not part of `make test`, for its time.
sweep: setup
	swift build --build-tests
	python3 -B Tests/Faults/sweep.py --bin "$$(swift build --show-bin-path)"

# libFuzzer brings the main function and wants every module built for it: a build of its own.
SECONDS = 60
FUZZER = swift build -c release --scratch-path .build-fuzz -Xswiftc -sanitize=fuzzer -Xswiftc -parse-as-library
fuzz: setup
	RELAY_LIBFUZZER=1 $(FUZZER) --product fuzz
	python3 -B Tests/Fuzz/run.py --seconds $(SECONDS) --fuzzer "$$(RELAY_LIBFUZZER=1 $(FUZZER) --show-bin-path)/fuzz"

# Every public call from many threads, watched by the thread sanitizer, in a build of its own.
race: setup
	swift build --sanitize=thread -Xswiftc -DRACE --scratch-path .build-race --product race
	@race="$$(swift build --sanitize=thread -Xswiftc -DRACE --scratch-path .build-race --show-bin-path)/race"; \
	export TSAN_OPTIONS=halt_on_error=1; "$$race" || exit 1; \
	if "$$race" planted 2>/dev/null; then echo "the sanitizer does not see a planted race"; exit 1; fi

# Real processes have the machine for themselves, one test at a time: whatever runs beside them would starve them, and
# a test that waits for a process would fail by the clock.
test: lint protocol race
	swift build --build-tests
	swift test --skip-build --skip EndToEndTests
	RELAY_SCHEDULES=20 Tests/Postgres/server.sh with swift test --skip-build \
	  --filter 'StoreContractTests|HubMoveTests|OracleTests|RightsTableTests|FleetStories|DirectedVectorTests|OlderStoreTests|NodesTests'
	python3 -B Tests/Fuzz/http.py --bin "$$(swift build --show-bin-path)"
	python3 -B Tests/Postgres/faults.py --bin "$$(swift build --show-bin-path)"
	python3 -B Tests/Faults/sweep.py --points 6 --bin "$$(swift build --show-bin-path)"
	python3 -B Tests/Faults/lines.py --cuts 3 --bin "$$(swift build --show-bin-path)"
	python3 -B Tests/Faults/ways.py --bin "$$(swift build --show-bin-path)"
	python3 -B Tests/Faults/putback.py --seeds 1..3 --bin "$$(swift build --show-bin-path)"
	swift test --skip-build --no-parallel --filter EndToEndTests

# A year of the whole organisation in one process: 120 devices, offline for weeks; `make test` lives it in a corner.
year: setup
	swift build -c release --product organisation-year
	"$$(swift build -c release --show-bin-path)/organisation-year"
