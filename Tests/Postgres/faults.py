#!/usr/bin/env python3
"""Three nodes on one PostgreSQL, devices that write and sync in a loop, and everything that can break in between: nodes
are killed, PostgreSQL is killed, the line between a node and PostgreSQL is cut. At the end nothing is lost and nothing
counts twice.

    faults.py --bin DIR [--seconds N] [--seed N]

Exit code 0 only if everything held, and every fault happened.
"""
import argparse
import json
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from nodes import ENVIRONMENT, Nodes

SCHEMA = """
{ "name": "faults", "version": 1, "roles": ["clerk"], "tables": [
  { "id": 1, "name": "note", "key": ["id"], "scopes": ["all"], "homes": ["all"], "columns": [
      { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "text", "type": "text" } ],
    "access": { "clerk": { "read": true, "write": true } } },
  { "id": 2, "name": "tally", "key": ["id"], "scopes": ["all"], "homes": ["all"], "columns": [
      { "id": 1, "name": "id", "type": "text" },
      { "id": 2, "name": "n", "type": "integer", "policy": "counter", "default": 0, "required": true } ],
    "access": { "clerk": { "read": true, "write": true } } } ] }
"""
TABLES = """
CREATE TABLE note (id TEXT PRIMARY KEY, text TEXT);
CREATE TABLE tally (id TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0);
"""


class Device:
    def __init__(self, name, folder, programs):
        self.name, self.file, self.written, self.failed = name, folder / f"{name}.db", 0, 0
        self.program = [programs / "relay-client", "--replica", self.file, "--schema", folder / "schema.json", "--ddl",
                        folder / "tables.sql"]

    def call(self, *arguments):
        return subprocess.run([*self.program, *arguments], capture_output=True, text=True, env=ENVIRONMENT)

    def must(self, *arguments):
        done = self.call(*arguments)
        if done.returncode:
            raise SystemExit(f"{self.name}: {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def sql(self, text):
        db = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        try:
            return db.execute(text).fetchall()
        finally:
            db.close()

    def write(self):
        """A row of its own, and one more on everybody's counter, as one transaction."""
        db = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        db.executescript(f"BEGIN; INSERT INTO note VALUES ('{self.name}-{self.written}', 'x'); "
                         "UPDATE tally SET n = n + 1; COMMIT")
        db.close()
        self.written += 1

    def work(self, until):
        while time.monotonic() < until:
            self.write()
            if self.call("sync", "--deadline", "5").returncode:
                self.failed += 1


def faults(nodes, rng, until, told):
    """One after the other, until the time is up; every kind at least once."""
    kinds = ["node", "database", "line", "node"]
    while time.monotonic() < until or not all(told.values()):
        time.sleep(rng.uniform(0.2, 0.8))
        kind, node = kinds.pop(0) if kinds else rng.choice(["node", "database", "line"]), rng.choice(nodes.nodes)
        if kind == "node":
            node.kill()
            if node.process.returncode == -9:
                told[kind] += 1
            time.sleep(rng.uniform(0, 0.5))
            node.serve()
        elif kind == "database":
            before = nodes.database.ask("SELECT pg_postmaster_start_time()")
            nodes.database.crash()
            time.sleep(rng.uniform(0, 0.5))
            nodes.database.start()
            if nodes.database.ask("SELECT pg_postmaster_start_time()") != before:
                told[kind] += 1
        else:
            before = node.line.dropped
            node.line.cut()
            time.sleep(rng.uniform(0, 1))
            node.line.heal()
            if node.line.dropped > before:
                told[kind] += 1


def run(folder, programs, seconds, seed):
    rng = random.Random(seed)
    (folder / "schema.json").write_text(SCHEMA)
    (folder / "tables.sql").write_text(TABLES)
    nodes = Nodes(folder, programs / "relay-server")
    try:
        nodes.call("init", "--schema", folder / "schema.json")
        nodes.serve()
        devices = [Device(f"d{at}", folder, programs) for at in range(4)]
        for device in devices:
            code = nodes.call("device", "add", "--name", device.name, "--role", "clerk", "--scope", "all")
            device.must("enroll", "--hub", nodes.address(), "--code", code)
        devices[0].sql("INSERT INTO tally VALUES ('t', 0)")
        for device in devices:
            device.must("sync")
        told = {"node": 0, "database": 0, "line": 0}
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=device.work, args=(until + 3,)) for device in devices]
        for thread in threads:
            thread.start()
        faults(nodes, rng, until, told)
        for thread in threads:
            thread.join()
        for _ in range(2):
            for device in devices:
                device.must("sync", "--deadline", "60")
        written = sum(device.written for device in devices)
        for device in devices:
            status = json.loads(device.must("status", "--json"))
            wrong = {k: status[k] for k in ("pending", "refused", "held") if status[k]}
            notes, tally = device.sql("SELECT (SELECT count(*) FROM note), (SELECT n FROM tally)")[0]
            if wrong or (notes, tally) != (written, written):
                raise SystemExit(f"{device.name}: {written} written, {notes} rows, counted {tally}, {wrong}")
            device.must("verify")
        seqs, newest, dots = map(int, nodes.database.ask(
            "SELECT count(*), max(seq), count(DISTINCT (replica, n)) FROM relay.txn").split("|"))
        if not seqs == newest == dots:
            raise SystemExit(f"the order has holes or doubles: {seqs} records, newest {newest}, {dots} dots")
        failed = sum(device.failed for device in devices)
        print(f"three nodes: {written} transactions of 4 devices, {failed} syncs failed; killed: {told['node']} nodes, "
              f"{told['database']} times PostgreSQL; {told['line']} lines cut. Nothing lost, nothing twice.")
    finally:
        nodes.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where relay-server and relay-client are")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="relay-faults-"))
    try:
        run(folder, arguments.bin.resolve(), arguments.seconds, arguments.seed)
    except BaseException:
        print(f"seed {arguments.seed}; the files are in {folder}", file=sys.stderr)
        raise
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
