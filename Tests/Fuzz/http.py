#!/usr/bin/env python3
"""Sends a running hub what no device would send, over HTTP: requests that a real device made, with bytes and heads bent,
bodies cut, packed wrongly or announced wrongly, several requests in one piece, and connections that end anywhere.

    http.py --bin DIR [--requests N] [--seed N]

Whatever comes, the hub lives, says nothing of a failure of its own (no status from 500 on but 503, which says to come again),
and two devices that work meanwhile agree with it afterwards, row by row."""
import argparse
import atexit
import gzip
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

SCHEMA = {
    "name": "fuzz", "version": 1, "roles": ["clerk"],
    "tables": [{
        "id": 1, "name": "book", "key": ["id"], "scopes": ["branch/{branch}"], "homes": ["branch/{branch}"],
        "columns": [
            {"id": 1, "name": "id", "type": "text"}, {"id": 2, "name": "branch", "type": "text", "required": True},
            {"id": 3, "name": "title", "type": "text"}, {"id": 4, "name": "shelf", "type": "text", "policy": "ask"},
            {"id": 5, "name": "lent", "type": "integer", "policy": "counter", "default": 0, "required": True}],
        "access": {"clerk": {"read": True, "write": True}}}]}
DDL = ("CREATE TABLE book (id TEXT PRIMARY KEY, branch TEXT NOT NULL, title TEXT, shelf TEXT, "
       "lent INTEGER NOT NULL DEFAULT 0);")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "no_proxy": "*", "HOME": os.environ.get("HOME", "/")}


class Recorder:
    """Stands between a device and the hub and keeps what the device sent."""

    def __init__(self, hub):
        self.hub, self.requests = hub, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            device, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(device,), daemon=True).start()

    def carry(self, device):
        with device, socket.create_connection(("127.0.0.1", self.hub)) as hub:
            while (request := read_message(device)) is not None:
                self.requests.append(request)
                hub.sendall(request[0] + request[1])
                answer = read_message(hub)
                if answer is None:
                    return
                device.sendall(answer[0] + answer[1])


def read_message(end):
    """Head and body of one message of HTTP/1.1 with a length; None at its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = end.recv(65536)
        if not piece:
            return None
        data += piece
    at = data.index(b"\r\n\r\n") + 4
    head, body = data[:at], data[at:]
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    while len(body) < length:
        piece = end.recv(65536)
        if not piece:
            return None
        body += piece
    return head, body


class World:
    """A hub, and two devices that work at it."""

    def __init__(self, bin, folder):
        self.bin, self.folder = bin, folder
        (folder / "schema.json").write_text(json.dumps(SCHEMA))
        (folder / "tables.sql").write_text(DDL)
        self.server("init", "--schema", str(folder / "schema.json"))
        self.log = open(folder / "hub.log", "wb")
        port_file = folder / "port"
        self.hub = subprocess.Popen(
            [bin / "relay-server", "serve", "--data", folder / "hub", "--listen", "127.0.0.1:0", "--port-file", port_file,
             "--device-burst", "3600", "--device-rate", "10000", "--log-level", "error"],
            stdout=self.log, stderr=self.log, env=ENVIRONMENT)
        # Whatever ends this program ends the hub.
        atexit.register(self.hub.kill)
        while not port_file.exists():
            if self.hub.poll() is not None:
                sys.exit((folder / "hub.log").read_text())
            time.sleep(0.05)
        self.port = int(port_file.read_text())
        self.recorder = Recorder(self.port)
        for name in ("desk", "cart", "spare"):
            if name == "spare":
                # An enrolment that comes again gives a new credential: only that of a device that does nothing is kept.
                self.recorder.requests.clear()
            code = self.server("device", "add", "--name", name, "--role", "clerk", "--scope", "branch/north").strip()
            self.client(name, "enroll", "--hub", f"http://127.0.0.1:{self.recorder.port}", "--code", code)

    def server(self, *words):
        words = [self.bin / "relay-server", *words, "--data", self.folder / "hub"]
        return subprocess.run(words, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout

    def client(self, name, *words):
        words = [self.bin / "relay-client", "--replica", self.folder / f"{name}.db", "--schema", self.folder / "schema.json",
                 "--ddl", self.folder / "tables.sql", *words]
        outcome = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True)
        if outcome.returncode:
            sys.exit(f"{name} {words[-1]}: {outcome.stdout}{outcome.stderr}")
        return outcome.stdout

    def work(self, round):
        for name in ("desk", "cart"):
            sql = (f"INSERT INTO book VALUES ('{name}-{round}', 'north', 'Atlas {round}', 'A', 0);"
                   f"UPDATE book SET shelf = '{name}{round}', lent = lent + 1 WHERE id = 'desk-0';")
            subprocess.run(["sqlite3", self.folder / f"{name}.db", sql], check=True)
            self.client(name, "sync")

    def memory(self):
        """What the hub holds, in MB."""
        for line in open(f"/proc/{self.hub.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024
        return 0


def bend_bytes(body, chance):
    body = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body) + 1)
        what = chance.randrange(6)
        if what == 0 and at < len(body):
            body[at] ^= 1 << chance.randrange(8)
        elif what == 1 and at < len(body):
            body[at] = chance.choice([0, 0x18, 0x1B, 0x3B, 0x5B, 0x7F, 0x9F, 0xBB, 0xDF, 0xF6, 0xFB, 0xFF])
        elif what == 2:
            del body[at:at + chance.randrange(9)]
        elif what == 3:
            body[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(9)))
        elif what == 4:
            del body[at:]
        else:
            body[at:at] = body[at:at + chance.randrange(64)]
    return bytes(body)


def headers(head, **changed):
    """The head with other lines; None takes one out."""
    first, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    names = {name.replace("_", "-").encode() for name in changed}
    lines = [line for line in lines if line.split(b":")[0].lower() not in names]
    for name, value in changed.items():
        if value is not None:
            lines.append(name.replace("_", "-").encode() + b": " + value)
    return b"\r\n".join([first, *lines]) + b"\r\n\r\n"


def bend(request, chance):
    """One request, or several, as bytes, and whether an answer must come."""
    head, body = request
    plain = gzip.decompress(body) if b"content-encoding: gzip" in head.lower() else body
    if chance.randrange(8):
        head = headers(head, connection=b"close")
    what = chance.randrange(12)
    if what < 5:
        bent = bend_bytes(plain, chance)
        return headers(head, content_encoding=None, content_length=b"%d" % len(bent)) + bent, True
    if what == 5:
        packed = gzip.compress(bend_bytes(plain, chance))
        packed = packed if chance.randrange(2) else bend_bytes(packed, chance)
        return headers(head, content_encoding=b"gzip", content_length=b"%d" % len(packed)) + packed, True
    if what == 6:
        bomb = gzip.compress(bytes(chance.randrange(1, 64) << 20))
        return headers(head, content_encoding=b"gzip", content_length=b"%d" % len(bomb)) + bomb, True
    if what == 7:
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(plain[at:at + 9]), plain[at:at + 9]) for at in range(0, len(plain), 9))
        end = chance.choice([b"0\r\n\r\n", b"", b"zz\r\n", b"ffffffffffffffff\r\n"])
        return headers(head, content_encoding=None, content_length=None, transfer_encoding=b"chunked") + pieces + end, False
    if what == 8:
        length = chance.choice([b"0", b"-1", b"99999999999999999999", b"%d" % (len(body) + 7), b"1, 2", b"x"])
        return headers(head, content_length=length) + body, False
    if what == 9:
        return (head + body) * chance.randrange(2, 9), True
    if what == 10:
        return bend_bytes(head, chance) + body, False
    line = chance.choice([
        {"authorization": b"Bearer " + b"x" * chance.randrange(300)}, {"authorization": None}, {"host": b"evil.example"},
        {"x": b"y" * chance.randrange(20000)}, {"content_encoding": b"br"}, {"expect": b"100-continue"},
        {"accept_encoding": b"gzip;q=0.0001"}, {"connection": b"upgrade"}, {"content_type": b"text/html"}])
    return headers(head, **line) + body, False


def send(port, data, chance):
    """The statuses that came back; data goes in pieces, or not to its end."""
    statuses = []
    with socket.create_connection(("127.0.0.1", port), 10) as end:
        end.settimeout(0.3 if chance.randrange(4) else 2)
        try:
            if chance.randrange(20) == 0:
                end.sendall(data[:chance.randrange(len(data) + 1)])
                return statuses
            end.sendall(data)
            if chance.randrange(16) == 0:
                end.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := end.recv(65536):
                answer += piece
                if len(answer) > 8 << 20:
                    break
        except OSError:
            answer = locals().get("answer", b"")
    at = 0
    while answer[at:at + 9] == b"HTTP/1.1 " or answer[at:at + 9] == b"HTTP/1.0 ":
        statuses.append(int(answer[at + 9:at + 12]))
        gap = answer.find(b"\r\n\r\n", at)
        if gap < 0:
            break
        length = 0
        for line in answer[at:gap].lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        at = gap + 4 + length
    return statuses


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        world = World(asked.bin.resolve(), pathlib.Path(folder))
        world.work(0)
        world.work(1)
        seen, silent = {}, 0
        for number in range(asked.requests):
            if number and number % 500 == 0:
                world.work(1 + number // 500)
            data, is_answered = bend(chance.choice(world.recorder.requests), chance)
            statuses = send(world.port, data, chance)
            if world.hub.poll() is not None:
                sys.exit(f"seed {asked.seed}, request {number}: the hub ended with {world.hub.returncode}: {data.hex()}")
            for status in statuses:
                seen[status] = seen.get(status, 0) + 1
                if status >= 500 and status != 503:
                    sys.exit(f"seed {asked.seed}, request {number}: {status} for {data.hex()}")
            silent += is_answered and not statuses
        world.work(9999)
        for name in ("desk", "cart"):
            world.client(name, "sync")
            world.client(name, "verify")
        memory = world.memory()
        world.hub.terminate()
        if world.hub.wait(30) != 0:
            sys.exit(f"the hub stopped with {world.hub.returncode}")
    told = ", ".join(f"{status}: {count}" for status, count in sorted(seen.items()))
    print(f"{asked.requests} requests, seed {asked.seed}; answers {told}; cut off or unanswered {silent}; hub {memory} MB; "
          "both devices agree with it")
    # A fuzz that is turned away at the door tests the door.
    missing = {200, 400} - set(seen)
    if missing:
        sys.exit(f"no answer with status {missing}")


if __name__ == "__main__":
    main()
