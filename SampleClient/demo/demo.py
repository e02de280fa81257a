#!/usr/bin/env python3
"""One morning of the sample organisation, with real programs: a hub, the committee, 6 regions, 83 branches and 30
deputies. Everybody works without a network, the hub is killed in the middle, and at the end `proof.py` compares all
files with plain SQLite, without Relay.

    demo.py --bin DIR [--keep DIR] [--seed N] [--postgres]

With --postgres the hub is three nodes on one PostgreSQL behind a load balancer, and one of them is killed for good.

Exit code 0 only if everything held.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "Tests" / "Postgres"))
SCHEMA = HERE.parent / "Organisation" / "Resources" / "organisation.schema.json"
DEPUTIES = 30
MEETING = "meeting-2017-11-of-{}"
ENVIRONMENT = {**os.environ, "no_proxy": "*", "NO_PROXY": "*"}


class Failed(Exception):
    """Something that the demo promises did not happen."""


class Show:
    """What a person sees while it works: a line a step, with a bar and the seconds it took."""

    def __init__(self):
        self.watched = sys.stderr.isatty()
        self.began = time.monotonic()

    def step(self, text):
        self.text, self.at = text, time.monotonic()
        self.draw(0, 0)

    def draw(self, done, total):
        if not self.watched:
            return
        bar = "" if not total else "█" * (done * 24 // total) + "░" * (24 - done * 24 // total) + f" {done}/{total}"
        print(f"\r  {self.text:<58} {bar}\033[K", end="", file=sys.stderr, flush=True)

    def done(self, note=""):
        if self.watched:
            print("\r\033[K", end="", file=sys.stderr)
        print(f"  {self.text:<58} {time.monotonic() - self.at:6.1f} s  {note}", flush=True)


show = Show()


class Hub:
    def __init__(self, folder, programs):
        self.folder, self.program, self.port, self.process = folder, programs / "relay-server", 0, None
        self.data = folder / "hub"

    def init(self, schema):
        self.call("init", "--data", self.data, "--schema", schema)

    def add(self, *arguments):
        return self.call("device", "add", "--data", self.data, *arguments)

    def hurt(self):
        """Killed, and back at once."""
        self.kill()
        self.serve()

    def call(self, *arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, env=ENVIRONMENT)
        if done.returncode:
            raise Failed(f"relay-server {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout.strip()

    def serve(self):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--port-file", port_file],
            stdout=subprocess.DEVNULL, stderr=open(self.folder / "hub.log", "a"), env=ENVIRONMENT)
        for _ in range(1000):
            if port_file.exists() and port_file.read_text().strip():
                self.port = int(port_file.read_text())
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise Failed(f"the hub does not serve; see {self.folder / 'hub.log'}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    def address(self):
        return f"http://127.0.0.1:{self.port}"


class SharedHub:
    """Three nodes on one PostgreSQL."""

    def __init__(self, folder, programs):
        from nodes import Nodes
        self.nodes = Nodes(folder, programs / "relay-server", is_direct=True)

    def init(self, schema):
        self.nodes.call("init", "--schema", schema)

    def add(self, *arguments):
        return self.nodes.call("device", "add", *arguments)

    def serve(self):
        self.nodes.serve()

    def hurt(self):
        """One node is killed and stays away; the others go on."""
        self.nodes.nodes[1].kill()

    def stop(self):
        self.nodes.close()

    def address(self):
        return self.nodes.address()


class Device:
    def __init__(self, name, role, unit, scopes, folder, programs):
        self.name, self.role, self.unit, self.scopes = name, role, unit, scopes
        self.file, self.program = folder / f"{name}.db", programs / "relay-client"

    def call(self, *arguments, may_fail=False):
        done = subprocess.run(
            [self.program, "--replica", self.file, *arguments], capture_output=True, text=True, env=ENVIRONMENT)
        if done.returncode and not may_fail:
            raise Failed(f"{self.name}: {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done

    def json(self, *arguments):
        return json.loads(self.call(*arguments, "--json").stdout)

    def join(self, hub):
        code = hub.add(
            "--name", self.name, "--role", self.role,
            *(word for scope in self.scopes for word in ("--scope", scope)))
        self.call("enroll", "--hub", hub.address(), "--code", code)
        self.call("sync", "--deadline", "120")

    def sync(self, may_fail=False):
        return self.call("sync", "--deadline", "60", may_fail=may_fail).returncode == 0

    def sql(self, statement, values=()):
        """As any other program would write: Relay is not asked."""
        db = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        try:
            return db.execute(statement, values).fetchall()
        finally:
            db.close()


def everybody(pool, devices, act):
    """Lets devices act beside one another."""
    done = 0
    for _ in pool.map(act, devices):
        done += 1
        show.draw(done, len(devices))


def uuid(rng):
    bits = f"{rng.getrandbits(128):032x}"
    return "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))


class Work:
    """What everybody does offline, and what must come of it: the script from which the proof is computed."""

    def __init__(self, rng):
        self.rng = rng
        self.conflicts, self.canaries, self.transfers = [], [], []
        self.rows, self.cells, self.sums = [], [], []

    def insert(self, device, table, row, shown=True):
        """Writes a row; `shown` unless another device's values for it are the ones to come out."""
        device.sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", [*row.values()])
        if shown:
            self.rows.append([table, row])

    def edits(self, device, other):
        """Different columns of one member, from two devices of one branch: both stay, no question."""
        member = self.rng.choice(self.members(device)[1:-1])
        device.sql("UPDATE member SET area = ? WHERE id = ?", (f"Area {device.name}", member))
        self.cells.append(["member", member, "area", f"Area {device.name}"])
        if other:
            other.sql("UPDATE member SET occupation = ? WHERE id = ?", (f"Trade {other.name}", member))
            self.cells.append(["member", member, "occupation", f"Trade {other.name}"])

    def cash(self, device, count):
        for _ in range(count):
            self.insert(device, "dues_entry", {
                "id": uuid(self.rng), "member_id": self.rng.choice(self.members(device)[1:-1]), "kind": "payment",
                "amount_fen": 100 * self.rng.randint(5, 60), "from_ym": "2017-11", "to_ym": "2017-11",
                "channel": "cash", "taken_on": "2017-11-02"})

    def clash(self, device, other):
        """Two corrections of one number that nobody could reconcile: a question. And two equal ones: none."""
        points = [row[0] for row in device.sql(
            "SELECT c.id FROM contact_point c JOIN member m ON m.id = c.member_id WHERE m.unit_id = ? AND c.kind = "
            "'mobile' ORDER BY c.id LIMIT 2", (device.unit,))]
        for point, (mine, theirs) in zip(points, (("000-1111", "000-2222"), ("000-3333", "000-3333"))):
            device.sql("UPDATE contact_point SET value = ? WHERE id = ?", (mine, point))
            other.sql("UPDATE contact_point SET value = ? WHERE id = ?", (theirs, point))
            if mine != theirs:
                self.conflicts.append(["contact_point", point, "value", [mine, theirs]])
            else:
                self.cells.append(["contact_point", point, "value", mine])

    def doors(self, device, other):
        """Two doors of one meeting: each marks whom it saw and counts its guests."""
        meeting, members = MEETING.format(device.unit), self.members(device)[:12]
        for door, seen, count in ((device, members[:8], 5), (other, members[4:], 3)):
            for member in members:
                self.insert(door, "attendance", {
                    "id": f"{meeting}:{member}", "activity_id": meeting, "member_id": member,
                    "mark": "present" if member in seen else "absent"}, shown=member in seen)
            door.sql("UPDATE activity SET guest_count = guest_count + ? WHERE id = ?", (count, meeting))
        self.sums.append(["activity", meeting, "guest_count", 8])

    def canary(self, device):
        """A word that nobody outside the branch, its region's role and the committee may hold."""
        word = f"canary-{device.name}-{self.rng.getrandbits(48):012x}"
        member = self.members(device)[0]
        device.sql("UPDATE member SET employer = ? WHERE id = ?", (word, member))
        self.cells.append(["member", member, "employer", word])
        self.canaries.append([word, device.unit])

    def move(self, office, device, target):
        """A transfer: the branch asks for it and edits the member once more, the committee moves the member, and
        neither has seen what the other did."""
        member, request = self.members(device)[-1], uuid(self.rng)
        self.insert(device, "request", {
            "id": request, "kind": "transfer_internal", "member_id": member, "from_unit_id": device.unit,
            "to_unit_id": target, "unit_id": device.unit, "opened_on": "2017-11-03"})
        for step in ("open", "release"):
            self.insert(device, "request_step", {
                "id": uuid(self.rng), "request_id": request, "step": step, "actor_id": device.name,
                "actor_unit_id": device.unit, "at": "2017-11-03T08:00:00Z"})
        device.sql("UPDATE member SET area = ? WHERE id = ?", (f"Late {device.name}", member))
        office.sql("UPDATE member SET unit_id = ? WHERE id = ?", (target, member))
        self.transfers.append(member)
        self.cells += [["member", member, "unit_id", target], ["member", member, "area", f"Late {device.name}"]]

    def members(self, device):
        # The first one's employer is the branch's canary, the last one moves away.
        return [row[0] for row in device.sql("SELECT id FROM member WHERE unit_id = ? ORDER BY id", (device.unit,))]


def run(folder, programs, seed, on_postgres):
    rng = random.Random(seed)
    pool = ThreadPoolExecutor(max_workers=4)
    print(f"Relay: {'three nodes on one PostgreSQL' if on_postgres else 'a hub'} and 120 devices in {folder}")
    hub = SharedHub(folder, programs) if on_postgres else Hub(folder, programs)
    try:
        hub.init(SCHEMA)
        hub.serve()
        return story(folder, programs, rng, pool, hub)
    finally:
        hub.stop()


def story(folder, programs, rng, pool, hub):
    show.step("The committee writes its share before it knows a hub")
    office = Device("committee", "committee", None, ["*"], folder, programs)
    office.call("organisation", "generate", "--share", "office")
    show.done(f"{office.json('status')['rows']} rows")
    show.step("The committee enrols and pushes what is there")
    office.join(hub)
    show.done()

    units = office.sql("SELECT id, code, level, parent_id FROM org_unit ORDER BY code")
    top = next(u[0] for u in units if u[2] == "committee")
    office.unit = top
    regions, branches = [u for u in units if u[2] == "regional"], [u for u in units if u[2] == "branch"]
    leads = [
        Device(code, "regional", uid, [f"unit/{uid}", *(f"unit/{b[0]}" for b in branches if b[3] == uid),
               f"below/{top}:r", "everyone:r"], folder, programs) for uid, code, _, _ in regions]

    def phone(branch, name):
        uid, _, _, parent = branch
        return Device(name, "branch", uid, [f"unit/{uid}", f"below/{parent}:r", f"below/{top}:r", "everyone:r"],
                      folder, programs)

    secretaries = [phone(branch, branch[1]) for branch in branches]
    deputies = [phone(branch, branch[1] + "-deputy") for branch in branches[:DEPUTIES]]

    work = Work(rng)

    def bring_up(device):
        device.join(hub)
        if not device.name.endswith("deputy"):
            device.call("organisation", "generate", "--unit", device.name, "--alone", "--share", "field")
            work.insert(device, "activity", {
                "id": MEETING.format(device.unit), "unit_id": device.unit, "kind": "meeting",
                "title": "Members' meeting", "starts_at": "2017-11-04T06:00:00Z"})
            device.sync()

    show.step("6 regions and 83 branches enrol, pull, and add what only they may say")
    everybody(pool, leads + secretaries, bring_up)
    show.done()
    show.step("30 deputies enrol; everybody is brought up to date")
    everybody(pool, deputies, bring_up)
    devices = [office, *leads, *secretaries, *deputies]
    everybody(pool, devices, lambda device: device.sync())
    rows = office.json("status")["rows"]
    show.done(f"{rows} rows at the committee")
    if rows < 200_000:
        raise Failed(f"only {rows} rows at the committee")

    show.step("All work without a network, with plain SQL")
    for at, secretary in enumerate(secretaries):
        deputy = deputies[at] if at < DEPUTIES else None
        work.canary(secretary)
        work.edits(secretary, deputy)
        work.cash(secretary, 3)
        if deputy:
            work.cash(deputy, 2)
            work.clash(secretary, deputy)
            work.doors(secretary, deputy)
        show.draw(at + 1, len(secretaries))
    for at in range(8):
        work.move(office, secretaries[-1 - at], secretaries[40 + at].unit)
    show.done(f"{len(work.conflicts)} clashes and {len(work.transfers)} transfers among it")

    show.step("They sync in any order; the hub is killed and comes back")
    order = devices[:]
    rng.shuffle(order)
    killed = []

    def rough(device):
        if not device.sync(may_fail=True):
            killed.append(device.name)

    half = len(order) // 2
    everybody(pool, order[:half], rough)
    running = [pool.submit(rough, device) for device in order[half:half + 12]]
    time.sleep(0.15)
    hub.hurt()
    for future in running:
        future.result()
    everybody(pool, order[half + 12:], rough)
    show.done(f"{len(killed)} syncs were cut off for good" if killed else "every sync got through")

    show.step("Two more rounds, until nobody has anything left to say")
    for _ in range(2):
        rng.shuffle(order)
        everybody(pool, order, lambda device: device.sync())
    show.done()

    show.step("The same organisation once more, in a file that never meets the hub")
    ground = Device("ground", "committee", None, ["*"], folder, programs)
    ground.call("organisation", "generate")
    show.done("what the committee should hold, but for the day's work")

    manifest = {
        "schema": str(SCHEMA), "committee": str(office.file), "ground": str(ground.file),
        "devices": [{"name": d.name, "file": str(d.file), "role": d.role, "scopes": d.scopes} for d in devices],
        "conflicts": work.conflicts, "rows": work.rows, "cells": work.cells, "sums": work.sums,
        "canaries": work.canaries,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
    show.step("What every device says of itself")
    for device in devices:
        status = device.json("status")
        wrong = {k: status[k] for k in ("pending", "refused", "held") if status[k]}
        if status["mismatch"] or wrong:
            raise Failed(f"{device.name}: {wrong} {status['mismatch']}; see inbox of {device.file}")
    show.done("nothing pending, refused, held or different")

    print("\nProof, with plain SQLite alone:")
    if subprocess.run([sys.executable, HERE / "proof.py", folder / "manifest.json"]).returncode:
        raise Failed("the proof did not hold")
    print("\nConflicts that wait for a person at the committee (the first three):")
    print("\n".join(office.call("inbox").stdout.splitlines()[:9]))
    print("\nThe survey, counted from the committee's rows:\n")
    print(office.call("report", "survey", "--compare-seed").stdout)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where relay-server and relay-client are")
    parser.add_argument("--keep", type=pathlib.Path, help="a new folder that keeps every file")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--postgres", action="store_true", help="three nodes on one PostgreSQL")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True)
    folder = (arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="relay-demo-"))).resolve()
    try:
        code = run(folder, arguments.bin.resolve(), arguments.seed, arguments.postgres)
        print(f"All of it held. {time.monotonic() - show.began:.0f} seconds.")
        if not arguments.keep:
            shutil.rmtree(folder)
        return code
    except Failed as why:
        print(f"\nIT DID NOT HOLD: {why}\nThe files are kept in {folder}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
