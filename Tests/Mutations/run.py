#!/usr/bin/env python3
"""Plants one mutation a rule, and asks which tests notice.

A copy of what the rules are made of is built with `-D MUTATIONS`: in it, and in no other build, the switches at the rules
are real, and each run takes from its environment which one is on. So it is built once and run once a mutation. First
everything must pass with no mutation at all. Ends with 1 where a mutation is noticed by nothing.
"""
import argparse
import functools
import os
import re
import subprocess
import sys
import time

from plan import MUTATIONS, SIMULATOR

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HOME = os.path.join(ROOT, ".build-mutations")
TREE = os.path.join(HOME, "tree")
SWITCHES = "Protocol/RelayProtocol/Mutation.swift"
KEEP = ["Protocol", "Sources/CSQLite", "Sources/CZlib", "Sources/RelaySQLite", "Sources/RelayMerge", "Sources/Relay",
        "Sources/RelayGzip", "Sources/RelayHub", "Sources/CPostgres", "Sources/RelayHubPostgres", "Tests/TestSupport",
        "Tests/ConformanceVectors", "Tests/ConformanceTests", "Tests/RelayHubTests", "Sources/RelaySimulation",
        "Tests/RelayTests", "Tests/SimulationTests"]
# Targets by what they need, without the packages of others: `Crypto` is a stand-in.
PACKAGE = """// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "relay",
  targets: [
    .systemLibrary(name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3"),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib"),
    .target(name: "Crypto"),
    .target(name: "RelayProtocol", dependencies: ["Crypto"], path: "Protocol/RelayProtocol"),
    .target(name: "RelaySQLite", dependencies: ["RelayProtocol", "CSQLite"]),
    .target(name: "RelayMerge", dependencies: ["RelayProtocol"]),
    .target(name: "Relay", dependencies: ["RelayProtocol", "RelaySQLite", "RelayMerge"]),
    .target(name: "RelayGzip", dependencies: ["RelayProtocol", "CZlib"]),
    .target(name: "RelayHub", dependencies: ["RelayProtocol", "RelaySQLite", "RelayMerge", "Crypto"]),
    .target(
      name: "RelaySimulation",
      dependencies: ["Relay", "RelayHub", "RelayMerge", "RelaySQLite", "RelayProtocol", "CSQLite"]),
    .systemLibrary(name: "CPostgres", path: "Sources/CPostgres", pkgConfig: "libpq"),
    .target(name: "RelayHubPostgres", dependencies: ["RelayHub", "RelayMerge", "RelayProtocol", "CPostgres"]),
    .target(
      name: "TestSupport",
      dependencies: ["Relay", "RelayHub", "RelayHubPostgres", "RelayMerge", "RelayProtocol", "RelaySQLite"],
      path: "Tests/TestSupport"),
    .target(
      name: "ConformanceVectors", dependencies: ["Relay", "RelayGzip", "RelayMerge", "RelaySQLite"],
      path: "Tests/ConformanceVectors"),
    .testTarget(
      name: "RelayTests",
      dependencies: ["CSQLite", "Relay", "RelayMerge", "RelaySQLite", "RelaySimulation", "TestSupport"]),
    .testTarget(
      name: "SimulationTests", dependencies: ["RelaySimulation", "Relay", "RelaySQLite", "RelayProtocol"],
      exclude: ["Stories"]),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "ConformanceVectors", "Relay", "RelayHub", "RelayHubPostgres", "RelayMerge", "RelaySimulation", "RelaySQLite",
        "TestSupport",
      ]),
    .testTarget(
      name: "RelayHubTests",
      dependencies: [
        "Relay", "RelayHub", "RelayHubPostgres", "RelayMerge", "RelaySQLite", "RelaySimulation", "TestSupport",
      ]),
  ],
  swiftLanguageModes: [.v6]
)
for target in package.targets where target.type != .system {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"), .define("MUTATIONS"), .unsafeFlags(["-O"]),
  ]
}
"""


def sources():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *KEEP], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.splitlines()
    texts = {}
    for name in listed:
        if os.path.exists(os.path.join(ROOT, name)):
            with open(os.path.join(ROOT, name), "rb") as file:
                texts[name] = file.read()
    return texts


def check(texts):
    """Every switch of the plan is declared, and asked at a rule; the tests that it names are built here."""
    declared = set(re.findall(r"\b[a-z]\w*", " ".join(re.findall(r"^  case (.*)$", texts[SWITCHES].decode(), re.M))))
    asked = set()
    for name, text in texts.items():
        if name.startswith(("Sources/", "Protocol/RelayProtocol/")):
            asked.update(re.findall(r"Mutation\.isPlanted\(\.(\w+)\)", text.decode()))
    planned = {mutation.name for mutation in MUTATIONS}
    wrong = [f"{name}: {why}" for why, names in [
        ("not in plan.py", declared - planned), ("not declared", planned - declared),
        ("asked nowhere", planned - asked),
        ("names a test that is not built here", {
            mutation.name for mutation in MUTATIONS if mutation.test not in (None, SIMULATOR)
            and "Tests/" + mutation.test.split(".")[0] not in KEEP})] for name in sorted(names)]
    if wrong:
        sys.exit("\n".join(wrong))


def plant():
    """Copies what is built; what is unchanged since the last time is left, so that it is not built again."""
    texts = sources()
    check(texts)
    with open(os.path.join(HERE, "Crypto.swift.txt"), "rb") as file:
        texts["Sources/Crypto/SHA256.swift"] = file.read()
    texts["Package.swift"] = PACKAGE.encode()
    os.makedirs(TREE, exist_ok=True)
    for folder, _, files in os.walk(TREE):
        for file in files:
            name = os.path.relpath(os.path.join(folder, file), TREE)
            if name not in texts and name != "Package.resolved":
                os.remove(os.path.join(folder, file))
    for name, text in texts.items():
        path = os.path.join(TREE, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(path) or open(path, "rb").read() != text:
            with open(path, "wb") as file:
                file.write(text)


def swift(*arguments, **more):
    command = ["swift", arguments[0], "--package-path", TREE, "--scratch-path", os.path.join(HOME, "build")]
    return subprocess.run([*command, *arguments[1:]], **more)


@functools.cache
def bundle():
    """The tests as one program: `swift test` would plan the build anew for each of two hundred runs."""
    shown = swift("build", "--show-bin-path", check=True, capture_output=True, text=True)
    return os.path.join(shown.stdout.strip(), "relayPackageTests.xctest")


def notice(suite, mutation, options):
    """What of a suite fails under a mutation: None for nothing, else a few words."""
    environment = {**os.environ, "RELAY_MUTATION": mutation, "RELAY_SCHEDULES": str(options.schedules),
                   "RELAY_VECTORS_MOST": str(options.seeds), "NO_COLOR": "1",
                   "SWIFT_BACKTRACE": "enable=no"}  # a trap is enough; its backtrace takes minutes
    try:
        done = subprocess.run([bundle(), "--testing-library", "swift-testing", "--filter", suite], cwd=TREE,
                              env=environment, capture_output=True, text=True, timeout=options.timeout)
    except subprocess.TimeoutExpired:
        return "never ends"
    if done.returncode == 0:
        return None
    output = done.stdout + done.stderr
    name = re.sub(r"\W", "", suite.split(".")[-1])
    with open(os.path.join(HOME, f"{mutation or 'none'}-{name}.log"), "w", encoding="utf-8") as log:
        log.write(output)
    vectors = list(dict.fromkeys(re.findall(r"^.*Caught error: ([\w-]+), (?:step|at the end)", output, re.M)))
    if vectors:
        return ", ".join(vectors[:3]) + (f" and {len(vectors) - 3} more" if len(vectors) > 3 else "")
    if random := re.findall(r"\b(seed \d+), (?:step|at the end)", output):
        return min(random, key=lambda seed: int(seed.split()[1]))
    schedule = re.search(r"RELAY_SEED=(\d+), (\d+) steps", output)
    if schedule:
        return f"schedule {schedule.group(1)} of {schedule.group(2)} steps"
    stories = sorted(set(re.findall(r"^✘ Suite (\w+) failed", output, re.M)))
    return "crashes" if done.returncode < 0 else ", ".join(stories[:2]) or "fails"


SUITES = [("directed vectors", "ConformanceTests.DirectedVectorTests"),
          ("random vectors", "ConformanceTests.RandomVectorTests"), ("oracle", "RelayHubTests.OracleTests"),
          ("stories", "RelayHubTests.(?!Oracle|SkewSchedule|HubFuzz|LargeRow|ManyRows|Serve|Session)")]


def look(names, options):
    """Each of these is noticed by the test that the plan names for it."""
    tests = {mutation.name: mutation.test for mutation in MUTATIONS}
    if nameless := [name for name in names if tests.get(name) in (None, SIMULATOR)]:
        sys.exit("the plan names no test for: " + ", ".join(nameless))
    build()
    for test in sorted({tests[name] for name in names}):
        if why := notice(test, "", options):
            sys.exit(f"without any mutation {test} fails: {why}")
    missed = []
    for name in names:
        noticed = notice(tests[name], name, options)
        print(f"{name}: " + (f"{tests[name]}: {noticed}" if noticed else "not noticed"), flush=True)
        if not noticed:
            missed.append(name)
    print(f"{len(names) - len(missed)} of {len(names)} noticed by the tests that are named for them")
    if missed:
        sys.exit("not noticed: " + ", ".join(missed))


def build():
    plant()
    if swift("build", "--build-tests").returncode:
        sys.exit("the mutated copy does not build")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--seeds", type=int, default=200, help="random vectors a mutation")
    parser.add_argument("--schedules", type=int, default=120, help="oracle schedules of each length a mutation")
    parser.add_argument("--quick", action="store_true", help="asks no further suite once one has noticed")
    parser.add_argument("--timeout", type=int, default=900, help="seconds a suite")
    parser.add_argument("--record", help="writes the table to this file too")
    parser.add_argument("--named", nargs="+", default=[],
                        help="only these, and of each only the test that the plan names for it")
    parser.add_argument("--check", action="store_true", help="only compares the plan with the switches")
    options = parser.parse_args()
    if options.check:
        return check(sources())
    if options.named:
        return look(options.named, options)
    build()
    for label, suite in SUITES:
        if why := notice(suite, "", options):
            sys.exit(f"without any mutation the {label} fail: {why}")
    rows, missed = [], []
    for mutation in MUTATIONS:
        if options.only and mutation.name not in options.only:
            continue
        begun = time.time()
        noticed = []
        for _, suite in SUITES:
            noticed.append("" if any(noticed) and options.quick else notice(suite, mutation.name, options))
        if not any(noticed) and mutation.test != SIMULATOR:
            missed.append(mutation.name)
        rows.append(f"| `{mutation.name}` | {mutation.rule} | {mutation.what} | "
                    + " | ".join("–" if n is None else n for n in noticed) + " |")
        print(rows[-1], f"{time.time() - begun:.0f} s", flush=True)
    if options.record:
        with open(options.record, "w", encoding="utf-8") as file:
            file.write("| mutation | rule | what is broken | " + " | ".join(l for l, _ in SUITES) + " |\n")
            file.write("|---" * (3 + len(SUITES)) + "|\n" + "\n".join(rows) + "\n")
    print(f"{len(rows) - len(missed)} of {len(rows)} mutations noticed")
    if missed:
        sys.exit("noticed by nothing: " + ", ".join(missed))


if __name__ == "__main__":
    main()
