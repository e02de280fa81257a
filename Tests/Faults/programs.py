"""A hub and devices as real programs in a folder, for the tests that break things around them."""
import atexit
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

SCHEMA = {
    "name": "library", "version": 1, "roles": ["clerk"],
    "tables": [
        {"id": 1, "name": "book", "key": ["id"], "scopes": ["branch/{branch}"], "homes": ["branch/{branch}"],
         "columns": [
             {"id": 1, "name": "id", "type": "text"}, {"id": 2, "name": "branch", "type": "text", "required": True},
             {"id": 3, "name": "title", "type": "text", "required": True},
             {"id": 4, "name": "shelf", "type": "text", "policy": "ask"}, {"id": 5, "name": "note", "type": "text"}],
         "access": {"clerk": {"read": True, "write": True}}},
        {"id": 2, "name": "tally", "key": ["id"], "scopes": ["branch/{branch}"], "homes": ["branch/{branch}"],
         "columns": [
             {"id": 1, "name": "id", "type": "text"}, {"id": 2, "name": "branch", "type": "text", "required": True},
             {"id": 3, "name": "n", "type": "integer", "policy": "counter", "default": 0, "required": True}],
         "access": {"clerk": {"read": True, "write": True}}}]}
DDL = """
CREATE TABLE book (id TEXT PRIMARY KEY, branch TEXT NOT NULL, title TEXT NOT NULL, shelf TEXT, note TEXT);
CREATE TABLE tally (id TEXT PRIMARY KEY, branch TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0);
"""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "no_proxy": "*", "HOME": os.environ.get("HOME", "/")}
# What ends a program that Swift stopped by itself: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGSEGV.
TRAPS = {-signal.SIGILL, -signal.SIGTRAP, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGSEGV}


class Broken(Exception):
    """Something that must hold does not."""


class Outcome:
    """How a program ended."""

    def __init__(self, status, output, complaint):
        self.status, self.output, self.complaint = status, output, complaint

    @property
    def is_killed(self):
        return self.status == -signal.SIGKILL

    @property
    def code(self):
        """The stable code of an error; relay-server and relay-client both begin their sentence with it."""
        lines = [line for line in self.complaint.splitlines() if ": " in line]
        return lines[-1].removeprefix("Error: ").split(":")[0] if lines else None

    def __str__(self):
        return f"exit {self.status}: {self.output.strip()} {self.complaint.strip()}"


class Programs:
    """Where the built programs are, and the folder that they work in."""

    def __init__(self, bin, folder):
        self.bin, self.folder = pathlib.Path(bin).resolve(), pathlib.Path(folder)
        self.schema, self.ddl = self.folder / "schema.json", self.folder / "tables.sql"
        self.schema.write_text(json.dumps(SCHEMA))
        self.ddl.write_text(DDL)

    def run(self, words, environment=None, seconds=120):
        """Runs a program to its end."""
        words = [str(word) for word in (self.bin / words[0], *words[1:])]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                   env={**ENVIRONMENT, **(environment or {})}, text=True, errors="replace")
        try:
            output, complaint = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            output, complaint = process.communicate()
            raise Broken(f"{' '.join(words)} did not end within {seconds} s: {output} {complaint}")
        return Outcome(process.returncode, output, complaint)


class Device:
    """One file, and the commands on it."""

    def __init__(self, programs, name):
        self.programs, self.name, self.file = programs, name, programs.folder / f"{name}.db"

    def command(self, *words):
        """The program and all its words, for a command on this file."""
        programs = self.programs
        words = (programs.bin / "relay-client", "--replica", self.file, "--schema", programs.schema, "--ddl", programs.ddl, *words)
        return [str(word) for word in words]

    def call(self, *words, environment=None, seconds=120):
        return self.programs.run(self.command(*words), environment, seconds)

    def must(self, *words):
        outcome = self.call(*words)
        if outcome.status:
            raise Broken(f"{self.name}: {' '.join(map(str, words))}: {outcome}")
        return outcome.output

    def status(self):
        return json.loads(self.must("status", "--json"))

    def sync(self):
        self.must("sync", "--deadline", "60")

    def write(self, sql):
        """What another program writes: one transaction, which Relay learns of afterwards."""
        db = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        try:
            db.executescript(f"BEGIN IMMEDIATE; {sql}; COMMIT")
        finally:
            db.close()

    def ask(self, sql):
        db = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def data_files(self):
        return [f"{self.file}{ending}" for ending in ("", "-wal", "-shm", "-journal")]


class Hub:
    """A relay-server on a directory; it listens on the same port whenever it comes back."""

    def __init__(self, programs, name="hub", port=0):
        self.programs, self.data, self.port, self.process = programs, programs.folder / name, port, None
        self.log = programs.folder / f"{name}.log"

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def call(self, verb, *words, environment=None, seconds=120):
        """A command on this hub's directory; `verb` may be of two words."""
        return self.programs.run(["relay-server", *verb.split(), "--data", self.data, *words], environment, seconds)

    def must(self, verb, *words):
        outcome = self.call(verb, *words)
        if outcome.status:
            raise Broken(f"hub: {verb} {' '.join(map(str, words))}: {outcome}")
        return outcome.output.strip()

    def init(self):
        self.must("init", "--schema", self.programs.schema)

    def serve(self, environment=None, options=(), must=True):
        """Starts it; answers whether it takes connections."""
        port_file = self.data.parent / f"{self.data.name}.port"
        port_file.unlink(missing_ok=True)
        words = [self.programs.bin / "relay-server", "serve", "--data", self.data, "--listen",
                 f"127.0.0.1:{self.port}", "--port-file", port_file, "--log-level", "error", *options]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log,
                                            env={**ENVIRONMENT, **(environment or {})})
        # Whatever ends this program ends the hub.
        atexit.register(self.process.kill)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            text = port_file.read_text().strip() if port_file.exists() else ""
            if text:
                self.port = int(text)
                return True
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        if must:
            raise Broken(f"the hub does not serve: {self.log.read_text(errors='replace')[-2000:]}")
        return False

    @property
    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, hard=False):
        """Ends it, as an operator would or as a power cut does; its exit code."""
        process, self.process = self.process, None
        if process is None:
            return 0
        if process.poll() is None:
            (process.kill if hard else process.terminate)()
        try:
            status = process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Broken("the hub did not stop within 30 s")
        atexit.unregister(process.kill)
        return status

    def device(self, name, *scopes):
        """A new device, enrolled."""
        device = Device(self.programs, name)
        device.must("enroll", "--hub", self.address, "--code", self.code(name, *scopes))
        return device

    def code(self, name, *scopes):
        scopes = [word for scope in scopes or ("branch/north",) for word in ("--scope", scope)]
        return self.must("device add", "--name", name, "--role", "clerk", *scopes)

    def status(self):
        return json.loads(self.must("status", "--json"))

    def head(self):
        return self.status()["head"]

    def check(self):
        """The file is whole, and its order has neither holes nor doubles."""
        db = sqlite3.connect(self.data / "hub.db", timeout=30, isolation_level=None)
        try:
            found = db.execute("PRAGMA integrity_check").fetchall()
            if found != [("ok",)]:
                raise Broken(f"the hub's file: {found[:3]}")
            count, newest, dots = db.execute(
                "SELECT count(*), coalesce(max(seq), 0), count(DISTINCT replica || '/' || n) FROM txn").fetchone()
            if not count == newest == dots:
                raise Broken(f"the order has holes or doubles: {count} records, newest {newest}, {dots} dots")
        finally:
            db.close()

    def data_files(self):
        return [f"{self.data}/{name}" for name in ("hub.db", "hub.db-wal", "hub.db-shm", "hub.db-journal", "serve.lock")]
