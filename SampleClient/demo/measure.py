#!/usr/bin/env python3
"""What every command of the reference app costs: on a branch's file, and every report at the committee.

    measure.py --bin DIR [--rounds N] [--load]

Wall clock of the whole process and its processor time, the least of N rounds: what others do on the machine adds to the rest. A
branch's file is one branch of the sample, the committee's is the whole sample. Ends with 1 where a command takes 200 ms or a
report 2 s of processor time, whatever the machine is busy with; with --load the wall clock is not held to it.
"""
import argparse
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

DAY = "2017-10-31"
COMMAND, REPORT = 0.2, 2.0
LOOKS = """
status
inbox
conflict list
held list
member list
member list --silent 6
member show 0002
dues show 0002
dues arrears
dues gate 0002
dues plan show 0002
dues handover B001
activity list
activity rate
points check 0002
points chart 0002
appraise list
notice list
say list
transfer list
transfer show
transfer stale
transfer suggest
request list
request explain transfer_internal
abroad list
assistance list
sweep list
sweep next
ledger
unit list
unit show B001
officer list
policy list
branch check
branch size
device list
history member 0002
export roster
export member 0002
sync --dry-run
help
""".strip().splitlines()
ACTS = """
member edit 0002 employer=Harbour
member interests 0002 +chess
member contact add 0002 mobile 000-0002-0077
contact log 0003 mobile reached
declare add 0004 residence Riverside
dues pay 0002 --months 3
notice post Meeting Friday
notice told Meeting 0002 0003
say Crowded --kind problem
activity add Walk --kind visit --starts 2017-10-20T06:00:00Z
activity attend Walk 0002 0003 --guests 2
activity books Walk +3
transfer open 0005 --to B002 --release
abroad keep 0006 --from 2018-01-01 --until 2018-12-31
resign 0007 --reason moved
help ask 0008 --type housing --need flat
budget new Tea --activity
sweep start Autumn
""".strip().splitlines()
COMMITTEE = ["status", "member list", "request list", "branch check", "dues arrears", "office review"]


class Client:
    def __init__(self, program, replica, rounds):
        self.program, self.replica, self.rounds = program, replica, rounds

    def run(self, words, *more):
        """Seconds on the wall and of the processor."""
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(
            [self.program, *words, *more], capture_output=True, text=True,
            env={**os.environ, "RELAY_REPLICA": str(self.replica), "LC_ALL": "C.UTF-8"})
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            sys.exit(f"{' '.join(words)}: {done.stderr.strip()}")
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def look(self, words, *more):
        runs = [self.run(words, *more) for _ in range(self.rounds)]
        return min(wall for wall, _ in runs), min(cpu for _, cpu in runs)


def words(line):
    return line.split()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bin", type=pathlib.Path, required=True)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--load", action="store_true")
    chosen = options.parse_args()
    program = (chosen.bin / "relay-client").resolve()
    folder = pathlib.Path(tempfile.mkdtemp())
    late = []

    def tell(name, cost, bound):
        wall, cpu = cost
        print(f"{name:<42} {wall * 1000:7.0f} ms {cpu * 1000:7.0f} ms cpu", flush=True)
        if cpu >= bound or wall >= bound and not chosen.load:
            late.append(name)

    try:
        branch = Client(program, folder / "branch.db", chosen.rounds)
        for unit in ["C", "R1", "B001", "B002"]:
            branch.run(["organisation", "generate", "--unit", unit, "--alone"])
        print("on a branch's file", flush=True)
        for line in LOOKS:
            # What a device alone knows of a row's history ends with 0 where that is something; no hub is asked.
            tell(line, branch.look(words(line)), COMMAND)
        for line in ACTS:
            tell(line, branch.run(words(line), "--as", "Secretary B001"), COMMAND)
        committee = Client(program, folder / "committee.db", chosen.rounds)
        committee.run(["organisation", "generate"])
        print("at the committee", flush=True)
        for number in range(1, 15):
            tell(f"report R{number}", committee.look(["report", f"R{number}"], "--as-of", DAY), REPORT)
        tell("report html", committee.run(["report", "html", str(folder / "all.html")], "--as-of", DAY), REPORT)
        for line in COMMITTEE:
            tell(line, committee.look(words(line)), REPORT)
        committee.run(["office", "settle"])
        tell("office settle, nothing left", committee.look(["office", "settle"]), REPORT)
    finally:
        shutil.rmtree(folder)
    if late:
        sys.exit(f"too long: {', '.join(late)}")


if __name__ == "__main__":
    main()
