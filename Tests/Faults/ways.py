#!/usr/bin/env python3
"""Every way to break a sync has a code and a sentence of its own, within a minute, and `status` tells it.

    ways.py --bin DIR [--only NAME,NAME]

Real programs on real lines: what is broken is put right afterwards and the device's unsent work has to arrive, unless the way is
one that nothing at the device puts right (its file was damaged, its work was)."""
import argparse
import concurrent.futures
import contextlib
import json
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import line
from calls import Failing
from programs import ENVIRONMENT, SCHEMA, Broken, Device, Hub, Programs
from strangers import Authority, Stranger, page

MOST_SECONDS = 60
UNREACHED = {"hub_name_unknown", "connection_refused", "connection_lost", "hub_silent", "certificate_untrusted",
             "certificate_expired", "sign_in_page", "proxy_password"}


class World:
    """A hub and one device with a book that waits, anew for each way."""

    def __init__(self, programs, stack, name):
        self.programs, self.stack, self.name = programs, stack, name
        self.hub = self.another_hub(name)
        self.device = self.hub.device(f"d-{name}")
        self.device.sync()
        self.device.write("INSERT INTO book VALUES ('b', 'north', 'Atlas', NULL, NULL)")
        self.words, self.heals, self.may_tell = {}, True, True

    def another_hub(self, name, environment=None, options=()):
        hub = Hub(self.programs, f"hub-{name}")
        hub.init()
        hub.serve(environment, options)
        self.stack.callback(hub.stop, hard=True)
        return hub

    def again(self, environment=None, options=()):
        """The hub is killed and comes back otherwise."""
        self.hub.stop(hard=True)
        self.hub.serve(environment, options)

    def stranger(self, answer, context=None):
        stranger = Stranger(answer, context)
        self.stack.callback(stranger.close)
        self.point(stranger.address)
        return stranger

    def point(self, address):
        """Where the device looks for its hub from now on."""
        self.device.write(f"UPDATE client_note SET value = '{address}' WHERE name = 'hub'")


def nobody_knows_the_name(world):
    # A label of more than 63 letters is no name anywhere, so that no network is asked.
    world.point(f"https://{'x' * 70}.example")
    return "hub_name_unknown"


def nobody_listens(world):
    world.hub.stop()
    return "connection_refused"


def line_that_breaks(world):
    world.stranger(b"")
    return "connection_lost"


def black_hole(world):
    world.stranger(None)
    return "hub_silent"


def certificate_of_a_stranger(world):
    world.stranger(page(b"200 OK"), Authority(world.programs.folder, "nobody").server("untrusted"))
    return "certificate_untrusted"


def certificate_out_of_date(world):
    authority = Authority(world.programs.folder)
    world.stranger(page(b"200 OK"), authority.server("expired", last="20260101000000Z"))
    world.words = {"SSL_CERT_FILE": str(authority.certificate)}
    return "certificate_expired"


def captive_portal(world):
    world.stranger(page(b"302 Found", b"Location: http://sign-in.example/"))
    return "sign_in_page"


def password_of_a_proxy(world):
    proxy = world.stranger(page(b"407 Proxy Authentication Required", b'Proxy-Authenticate: Basic realm="x"'))
    world.point("https://hub.example")
    world.words = {"https_proxy": f"http://127.0.0.1:{proxy.port}", "no_proxy": ""}
    return "proxy_password"


def small_bodies_only(world):
    world.stranger(page(b"413 Payload Too Large"))
    return "request_too_large"


def another_web_server(world):
    world.stranger(page(b"404 Not Found"))
    return "hub_unreachable"


def line_without_tls(world):
    world.point("http://192.0.2.1:8470")
    return "plain_http"


def revoked_device(world):
    world.hub.must("device revoke", "--name", world.device.name)
    world.heal = lambda: world.hub.must("device admit", "--name", world.device.name)
    return "revoked"


def credential_that_nobody_knows(world):
    token = world.device.ask("SELECT token FROM relay_state")[0][0]
    world.device.write("UPDATE relay_state SET token = substr(token, 1, length(token) - 1) || 'x'")
    world.heal = lambda: world.device.write(f"UPDATE relay_state SET token = '{token}'")
    return "unauthorized"


def hub_of_another_organisation(world):
    other = world.another_hub("other")
    world.point(other.address)
    return "wrong_hub"


def answers_of_yesterday(world):
    proxy = line.Line(world.hub.port)
    world.stack.callback(proxy.close)
    world.point(proxy.address)
    world.device.sync()
    world.device.write("INSERT INTO book VALUES ('b2', 'north', 'Atlas', NULL, NULL)")
    proxy.fault = line.repeats
    return "wrong_answer"


def schema_that_is_too_old(world):
    newer = json.loads(json.dumps(SCHEMA)) | {"version": 2, "oldest": 2}
    newer["tables"][0]["columns"].append({"id": 6, "name": "isbn", "since": 2})
    file = world.programs.folder / "newer.json"
    file.write_text(json.dumps(newer))
    world.hub.must("schema", "--schema", file)
    # It is the app that has to become newer.
    world.heals = False
    return "schema_too_old"


def disk_of_the_hub_is_full(world):
    world.again(world.failing.words("ENOSPC", "1+", [f"{world.hub.data}/hub.db-wal"]))
    world.heal = world.again
    return "hub_failed"


def hub_that_is_asked_too_much(world):
    # One that writes to the hub's file holds it for as long as it likes; those who wait are more than the hub likes.
    others = [world.hub.device(f"o{at}") for at in range(3)]
    held = sqlite3.connect(world.hub.data / "hub.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    world.heal = lambda: held.execute("ROLLBACK")
    world.stack.callback(held.close)
    for other in others:
        other.write(f"INSERT INTO book VALUES ('{other.name}', 'north', 'Atlas', NULL, NULL)")
        process = subprocess.Popen(
            other.command("sync", "--deadline", "40"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        world.stack.callback(process.kill)
    return "hub_overloaded"


def device_that_asks_too_much(world):
    world.again(options=["--device-requests", "1"])
    token = world.device.ask("SELECT token FROM relay_state")[0][0]
    # A request that never comes to its end is the one that it may have open.
    line = socket.create_connection(("127.0.0.1", world.hub.port))
    line.sendall(b"POST /v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/cbor\r\n"
                 b"Authorization: Bearer %s\r\nContent-Length: 8000000\r\n\r\n" % token.encode())

    def send():
        with contextlib.suppress(OSError):
            while line.send(b"x" * 5000):
                time.sleep(0.1)

    threading.Thread(target=send, daemon=True).start()
    world.heal = line.close
    return "slow_down"


def full_disk(world):
    # The log is still made, and takes nothing.
    world.words = world.failing.words("ENOSPC", "2+", world.device.data_files()[1:2])
    # There is no room for a note of it either.
    world.may_tell = False
    return "disk_full"


def damaged_file(world):
    world.device.ask("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(world.device.file, "r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (world.device.file.stat().st_size - 4096))
    world.heals = False
    return "corrupt"


def damaged_work(world):
    world.device.call("sync", "--dry-run")
    world.device.write("UPDATE relay_transaction SET bytes = substr(bytes, 1, length(bytes) - 1) || x'00'")
    world.heals = False
    return "damaged_work"


def file_that_is_gone(world):
    for file in map(pathlib.Path, world.device.data_files()):
        file.unlink(missing_ok=True)
    world.heals = False
    return "file_missing"


def file_of_another_app(world):
    for file in map(pathlib.Path, world.device.data_files()):
        file.unlink(missing_ok=True)
    world.device.write("CREATE TABLE other (a)")
    world.heals = False
    return "not_attached"


def file_that_was_never_enrolled(world):
    new = Device(world.programs, "never")
    new.call("enroll", "--hub", "http://127.0.0.1:1", "--code", "X")
    world.device, world.heals = new, False
    return "not_enrolled"


WAYS = [nobody_knows_the_name, nobody_listens, line_that_breaks, black_hole, certificate_of_a_stranger, certificate_out_of_date,
        captive_portal, password_of_a_proxy, small_bodies_only, another_web_server, line_without_tls, revoked_device,
        credential_that_nobody_knows, hub_of_another_organisation, answers_of_yesterday, schema_that_is_too_old,
        disk_of_the_hub_is_full, hub_that_is_asked_too_much, device_that_asks_too_much, full_disk, damaged_file, damaged_work,
        file_that_is_gone, file_of_another_app, file_that_was_never_enrolled]


def awaited(world, process, began, code):
    """What `status` says beside a sync that goes on, once that has the code; None where the sync ends first."""
    while (seconds := time.monotonic() - began) < MOST_SECONDS:
        if process.poll() is not None:
            return None
        # A sync that ends soon says it itself; one that tries for longer says what it waits for.
        if seconds < 10:
            time.sleep(0.05)
            continue
        status = world.device.call("status", "--json")
        told = json.dumps(json.loads(status.output).get("syncing", "")) if status.status == 0 else ""
        if code in told:
            return told
        time.sleep(0.2)
    raise Broken(f"nobody was told {code} within {MOST_SECONDS} s: {status}")


def walk(way, programs, failing):
    """One way: its code, its sentence, and after how many seconds it was told."""
    with contextlib.ExitStack() as stack:
        world = World(programs, stack, way.__name__)
        world.failing, world.heal = failing, lambda: None
        code = way(world)
        sentence, seconds = look(world, code)
        if world.heals:
            world.words = {}
            world.heal()
            if not world.hub.is_alive:
                world.hub.serve()
            world.point(world.hub.address)
            world.device.sync()
            if world.device.status()["pending"]:
                raise Broken("what waited still waits")
        return code, sentence, seconds


def look(world, code):
    began = time.monotonic()
    process = subprocess.Popen(world.device.command("sync", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**ENVIRONMENT, **world.words})
    told = awaited(world, process, began, code)
    seconds = time.monotonic() - began
    if told:
        process.kill()
        process.communicate()
        return told, seconds
    output, complaint = process.communicate()
    error = json.loads(output)["error"] if process.returncode else None
    if not error or error["code"] != code or complaint.strip() != f"{code}: {error['message']}. {error['advice']}":
        raise Broken(f"exit {process.returncode} and {output} {complaint}, not {code}")
    expected = 5 if code == "revoked" else 4 if code in UNREACHED | {"hub_unreachable"} else 1
    if process.returncode != expected:
        raise Broken(f"{code} ends with {process.returncode}, not {expected}")
    status = world.device.call("status", "--json", environment=world.words if not world.may_tell else None)
    last = json.loads(status.output).get("lastError") if status.status == 0 else {"code": status.code}
    if world.may_tell and (not last or last["code"] != code):
        raise Broken(f"status says {last}, and the sync ended with {code}")
    return complaint.strip(), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--only", help="names of ways, with commas")
    asked = parser.parse_args()
    wanted = set(asked.only.split(",")) if asked.only else None
    ways = [way for way in WAYS if wanted is None or way.__name__ in wanted]
    seen, failed = {}, []
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(asked.bin, folder)
        failing = Failing(folder)

        def attempt(way):
            try:
                return walk(way, programs, failing)
            except Broken as broken:
                return broken

        # Most of their time they wait.
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            for way, told in zip(ways, threads.map(attempt, ways)):
                if not isinstance(told, Broken) and told[0] in seen:
                    told = Broken(f"{told[0]} is also what {seen[told[0]]} is told")
                if isinstance(told, Broken):
                    failed.append(way.__name__)
                    print(f"{way.__name__}: {told}", flush=True)
                    continue
                seen[told[0]] = way.__name__
                print(f"{way.__name__:30} {told[2]:5.1f} s  {told[1][:150]}", flush=True)
    if failed:
        sys.exit(f"not told as it is: {', '.join(failed)}")
    print(f"{len(seen)} ways to break a sync, {len(seen)} codes, each within a minute.")


if __name__ == "__main__":
    main()
