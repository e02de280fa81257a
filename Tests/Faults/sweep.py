#!/usr/bin/env python3
"""Kills real programs at every system call that writes, and lets each of them fail, one at a time.

    sweep.py --bin DIR [--only NAME,NAME] [--points N] [--seed N] [--list]

A scenario of a device or of a hub runs once without faults to count its calls; then once for every call: the program is killed
before it or in the middle of it, or it fails with EIO, with ENOSPC, or with ENOSPC as every later one does. Afterwards the same
programs run without faults: nothing that was acknowledged may be missing, nothing may count twice, every file is whole, and both
devices agree with the hub. A program that a call failed for ends with the code of its failure, or well. `--points` takes a sample;
without it every call is tried."""
import argparse
import collections
import pathlib
import random
import shutil
import sys
import tempfile
import time

from calls import KINDS, Failing
from device_scenarios import DEVICE_SCENARIOS
from hub_scenarios import HUB_SCENARIOS
from library import Library
from programs import TRAPS, Broken, Programs

# What a person is told of a call that failed. What a flush or a name could not be given is told as an error of the disk.
CODES = {"ENOSPC": {"disk_full"}, "full": {"disk_full"}, "EIO": {"io_error"}}
# SQLite tries to read what it cannot make, and does not remember why it could not.
MAKES = {"io_error"}


class Sweep:
    """All faults of one scenario, on one pair of devices and their hub."""

    def __init__(self, scenario, library, chance, kinds):
        self.scenario, self.library, self.chance, self.kinds = scenario, library, chance, kinds
        self.failing, self.ended = Failing(library.programs.folder), collections.Counter()

    def run(self, most):
        """How many faults happened, and how many there are."""
        self.scenario.begin(0)
        outcome = self.scenario.act(0, self.failing.counting(self.scenario.files(0)))
        if outcome.status:
            raise Broken(f"without a fault: {outcome}")
        faults = [fault for fault in self.failing.faults() if fault.kind in self.kinds]
        self.scenario.settle(0, outcome)
        self.library.compare()
        all = len(faults)
        most = min(most or all, self.scenario.most or all)
        if most < all:
            faults = self.chance.sample(faults, all)
        # A run may make fewer calls than the one that was counted: of a sample, another fault is drawn for one that did not
        # happen. A sweep whose faults do not happen sweeps nothing.
        may_miss = most if most < all else all // 5
        count, missed = 0, []
        for number, fault in enumerate(faults, 1):
            if count == most:
                break
            if self.one(number, fault):
                count += 1
            else:
                missed.append(fault)
            if len(missed) > may_miss:
                raise Broken(f"{len(missed)} of {number} faults did not happen: {', '.join(map(str, missed))}")
        self.library.compare()
        return count, all

    def one(self, number, fault):
        """Whether it happened."""
        happened = None
        try:
            self.scenario.begin(number)
            outcome = self.scenario.act(number, self.failing.one(fault, self.scenario.files(number)))
            happened = self.failing.happened()
            if happened:
                self.judge(fault, happened, outcome)
            elif outcome.status:
                raise Broken(f"no fault, and yet {outcome}")
            self.scenario.settle(number, outcome)
            self.library.agree()
            return happened is not None
        except Broken as broken:
            raise Broken(f"{self.scenario.name}, {fault} ({happened}): {broken}") from None

    def judge(self, fault, happened, outcome):
        """How a program may end that this happened to."""
        if outcome.status in TRAPS:
            raise Broken(f"a trap: {outcome}")
        if outcome.is_killed or outcome.status == 0:
            self.ended["killed" if outcome.is_killed else "well"] += 1
            return
        if fault.kind in ("kill", "torn") and not self.scenario.survives:
            raise Broken(f"not killed: {outcome}")
        self.ended[outcome.code] += 1
        allowed = CODES.get(fault.kind, set()) | self.scenario.codes
        if happened.startswith("open "):
            allowed = allowed | MAKES
        if outcome.code not in allowed:
            raise Broken(f"told as {outcome}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where relay-server, relay-client and writer are")
    parser.add_argument("--only", help="names of scenarios, with commas")
    parser.add_argument("--points", type=int, help="so many faults of each scenario, drawn by the seed; all without it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default=",".join(KINDS), help="of faults, with commas")
    parser.add_argument("--list", action="store_true", help="only name the scenarios")
    asked = parser.parse_args()
    scenarios = DEVICE_SCENARIOS + HUB_SCENARIOS
    if asked.list:
        return print("\n".join(f"{kind.name:14} {kind.__doc__.splitlines()[0]}" for kind in scenarios))
    wanted = set(asked.only.split(",")) if asked.only else {kind.name for kind in scenarios}
    unknown = wanted - {kind.name for kind in scenarios}
    if unknown:
        sys.exit(f"no scenario {', '.join(sorted(unknown))}")
    total = 0
    for kind in scenarios:
        if kind.name not in wanted:
            continue
        folder, began = pathlib.Path(tempfile.mkdtemp(prefix="relay-sweep-")), time.monotonic()
        library = Library(Programs(asked.bin, folder))
        sweep = Sweep(kind(library), library, random.Random(f"{asked.seed}/{kind.name}"), asked.kinds.split(","))
        try:
            happened, all = sweep.run(asked.points)
        except BaseException as broken:
            print(f"seed {asked.seed}; the files are in {folder}", file=sys.stderr)
            if isinstance(broken, Broken):
                sys.exit(str(broken))
            raise
        finally:
            library.close()
        shutil.rmtree(folder)
        total += happened
        ended = ", ".join(f"{count} {how}" for how, count in sorted(sweep.ended.items()))
        print(f"{kind.name:14} {happened:4} of {all:4} faults in {time.monotonic() - began:5.0f} s; ended: {ended}", flush=True)
    print(f"{total} faults: nothing lost, nothing twice, every file whole.")


if __name__ == "__main__":
    main()
