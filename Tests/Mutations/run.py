#!/usr/bin/env python3
"""Breaks one rule at a time in a copy of the sources and sees which tests notice.

    Tests/Mutations/run.py [--only NAME...] [--seeds N] [--schedules N] [--record FILE]

The copy and its build stay in .build-mutations, which git ignores. All mutations of plan.py are planted together, each
behind a switch that the test process reads from its environment; so it is built once and run once a mutation. First
everything must pass with no mutation at all. Ends with 1 where a mutation is noticed by nothing.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time

from plan import MUTATIONS

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HOME = os.path.join(ROOT, ".build-mutations")
TREE = os.path.join(HOME, "tree")
KEEP = ["Protocol", "Sources/CSQLite", "Sources/CZlib", "Sources/RelaySQLite", "Sources/RelayMerge", "Sources/Relay", "Sources/RelayGzip", "Sources/RelayHub",
        "Tests/ConformanceVectors", "Tests/ConformanceTests", "Tests/RelayHubTests"]
PACKAGE = """// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "mutations",
  targets: [
    .systemLibrary(name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3"),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib"),
    .target(name: "RelayProtocol", path: "Protocol/RelayProtocol"),
    .target(name: "Relay", dependencies: ["RelayProtocol", "CSQLite"]),
    .target(name: "RelayGzip", dependencies: ["RelayProtocol", "CZlib"]),
    .target(name: "RelayHub", dependencies: ["Relay", "RelayProtocol"]),
    .target(name: "ConformanceVectors", dependencies: ["Relay", "RelayGzip"], path: "Tests/ConformanceVectors"),
    .testTarget(name: "ConformanceTests", dependencies: ["ConformanceVectors", "Relay", "RelayHub"]),
    .testTarget(name: "RelayHubTests", dependencies: ["Relay", "RelayHub"]),
  ],
  swiftLanguageModes: [.v6]
)
for target in package.targets where target.type != .system {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"), .unsafeFlags(["-O"]),
  ]
}
"""


def plant():
    """Copies what is built, and makes every edit."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *KEEP], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.splitlines()
    texts = {}
    for name in listed:
        if os.path.exists(os.path.join(ROOT, name)):
            with open(os.path.join(ROOT, name), "rb") as file:
                texts[name] = file.read()
    lost = [f"{m.name}: {path} has this {texts[path].count(find.encode())} times instead of once:\n{find}"
            for m in MUTATIONS for path, find, _ in m.edits if texts[path].count(find.encode()) != 1]
    if lost:
        sys.exit("\n".join(lost))
    for mutation in MUTATIONS:
        for path, find, replace in mutation.edits:
            if texts[path].count(find.encode()) != 1:
                sys.exit(f"{mutation.name}: another mutation has taken its place in {path}:\n{find}")
            texts[path] = texts[path].replace(find.encode(), replace.encode())
    for edits in {path for m in MUTATIONS for path, _, _ in m.edits}:
        text = texts[edits].decode()
        if "import RelayProtocol" not in text:
            texts[edits] = ("internal import RelayProtocol\n" + text).encode()
    for name in ("Mutation", "Hashing"):
        with open(os.path.join(HERE, name + ".swift.txt"), "rb") as file:
            texts[f"Protocol/RelayProtocol/{name}.swift"] = file.read()
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
        if not os.path.exists(path) or open(path, "rb").read() != text:  # what is unchanged is not built again
            with open(path, "wb") as file:
                file.write(text)


def swift(*arguments, **more):
    command = ["swift", arguments[0], "--package-path", TREE, "--scratch-path", os.path.join(HOME, "build")]
    return subprocess.run([*command, *arguments[1:]], **more)


def notice(suite, mutation, options):
    """What of a suite fails under a mutation: None for nothing, else a few words."""
    environment = {**os.environ, "RELAY_MUTATION": mutation, "RELAY_SCHEDULES": str(options.schedules),
                   "RELAY_VECTORS_MOST": str(options.seeds)}
    try:
        done = swift("test", "--skip-build", "--filter", suite, env=environment, capture_output=True, text=True,
                     timeout=options.timeout)
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
    return "crashes" if "signal" in output else ", ".join(stories[:2]) or "fails"


SUITES = [("directed vectors", "ConformanceTests.DirectedVectorTests"),
          ("random vectors", "ConformanceTests.RandomVectorTests"), ("oracle", "RelayHubTests.OracleTests"),
          ("stories", "RelayHubTests.(?!Oracle|SkewSchedule)")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--seeds", type=int, default=200, help="random vectors a mutation")
    parser.add_argument("--schedules", type=int, default=120, help="oracle schedules of each length a mutation")
    parser.add_argument("--timeout", type=int, default=900, help="seconds a suite")
    parser.add_argument("--record", help="writes the table to this file too")
    options = parser.parse_args()
    plant()
    if swift("build", "--build-tests").returncode:
        sys.exit("the mutated copy does not build")
    for label, suite in SUITES:
        if why := notice(suite, "", options):
            sys.exit(f"without any mutation the {label} fail: {why}")
    rows, missed = [], []
    for mutation in MUTATIONS:
        if options.only and mutation.name not in options.only:
            continue
        begun = time.time()
        noticed = [notice(suite, mutation.name, options) for _, suite in SUITES]
        if not any(noticed):
            missed.append(mutation.name)
        rows.append(f"| `{mutation.name}` | {mutation.rule} | {mutation.what} | "
                    + " | ".join(n or "–" for n in noticed) + " |")
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
