#!/usr/bin/env python3
"""Real programs on broken lines, stopped in the middle, with wrong clocks, and with files that are taken from under them.

    lines.py --bin DIR [--cuts N] [--seed N]

`--cuts` samples the bytes at which messages are cut; without it every byte is tried. After each fault all work arrives once, and both
devices agree with the hub; every fault has to have happened."""
import argparse
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import line as lines
from calls import Failing
from library import Library
from programs import ENVIRONMENT, TRAPS, Broken, Programs


class Walk:
    """Both devices reach their hub over one line."""

    def __init__(self, library, failing):
        self.library, self.failing, self.number = library, failing, 0
        self.line = lines.Line(library.hub.port)
        for device in (library.desk, library.cart):
            device.write(f"UPDATE client_note SET value = '{self.line.address}' WHERE name = 'hub'")

    def fault(self, name, fault, least=1):
        """Both write and sync while it lasts."""
        self.number += 1
        self.line.fault, self.line.happened = fault, 0
        for device in (self.library.desk, self.library.cart):
            self.library.lend(device, f"{device.name}-{self.number}")
            outcome = device.call("sync", "--deadline", "20")
            if outcome.status in TRAPS or outcome.status not in (0, 1, 4):
                raise Broken(f"{name}: {outcome}")
            if outcome.status == 0 and device.status()["pending"]:
                raise Broken(f"{name}: told that all is sent, and something waits")
        if self.line.happened < least:
            raise Broken(f"{name} did not happen")
        self.line.fault = None
        try:
            self.library.agree()
        except Broken as broken:
            raise Broken(f"{name}: {broken}") from None

    def start(self, device, *words):
        return subprocess.Popen(
            device.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)

    def stopped(self, chance):
        """The device's program, and the hub's, stand still for a second in the middle."""
        for who in ("device", "hub"):
            self.library.lend(self.library.desk, f"stop-{who}")
            process = self.start(self.library.desk, "sync", "--deadline", "30")
            time.sleep(chance.uniform(0, 0.1))
            stopped = process.pid if who == "device" else self.library.hub.process.pid
            subprocess.run(["kill", "-STOP", str(stopped)], check=True)
            time.sleep(1)
            subprocess.run(["kill", "-CONT", str(stopped)], check=True)
            output, complaint = process.communicate(timeout=60)
            if process.returncode:
                raise Broken(f"the {who} stood still: {output} {complaint}")
            self.library.agree()

    def taken(self, how):
        """The file is removed, cut or replaced while its program waits for an answer: it says so, and not that all went well."""
        device = self.library.hub.device(f"taken-{how}")
        device.write(f"UPDATE client_note SET value = '{self.line.address}' WHERE name = 'hub'")
        copy = self.library.programs.folder / "copy.db"
        device.ask("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(device.file, copy)
        device.write("INSERT INTO book VALUES ('nobody', 'north', 'Atlas', NULL, NULL)")
        self.line.happened, self.line.fault = 0, lines.held
        self.line.held.clear()
        process = self.start(device, "sync", "--deadline", "30")
        end = time.monotonic() + 30
        while not self.line.happened and time.monotonic() < end:
            time.sleep(0.01)
        if how == "removed":
            device.file.unlink()
        elif how == "cut":
            with open(device.file, "r+b") as file:
                file.truncate(0)
        else:
            copy.rename(device.file)
        self.line.fault = None
        self.line.held.set()
        output, complaint = process.communicate(timeout=60)
        if process.returncode != 1 or not complaint.startswith("file_replaced: "):
            raise Broken(f"the file was {how}, and the sync ended with {process.returncode}: {output} {complaint}")
        # It had been sent before the file was taken; the next one writes it again.
        self.library.cart.sync()
        self.library.cart.write("DELETE FROM book WHERE id = 'nobody'")
        self.library.cart.sync()

    def clocks(self):
        """A clock that is decades off, either way, breaks nothing; whoever writes later, having seen it, is shown."""
        for number, ahead in enumerate((2_300_000_000, -1_500_000_000)):
            wrong = {**self.failing.words("count", 0, ["/nowhere"]), "FAULT_CLOCK": str(ahead)}
            id = f"clock-{number}"
            self.library.lend(self.library.desk, id)
            self.library.settle()
            self.library.desk.write(f"UPDATE book SET note = 'wrong' WHERE id = '{id}'")
            outcome = self.library.desk.call("sync", "--deadline", "30", environment=wrong)
            if outcome.status:
                raise Broken(f"a clock {ahead} s off: {outcome}")
            self.library.cart.sync()
            self.library.cart.write(f"UPDATE book SET note = 'right' WHERE id = '{id}'")
            self.library.books[id] = ("Atlas", None, "right")
            self.library.agree()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--cuts", type=int, help="so many cuts of a request and of an answer")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance, began = random.Random(asked.seed), time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="relay-lines-"))
    library = Library(Programs(asked.bin, folder))
    try:
        walk = Walk(library, Failing(folder))
        for name in ("twice", "every_second_lost", "late", "answer_before"):
            walk.fault(name, getattr(lines, name))
            print(f"{name:18} held", flush=True)
        for up in (False, True):
            walk.fault(f"black hole {'up' if up else 'down'}", lines.hole(2, up))
        print("black holes        held", flush=True)
        walk.fault("passing on", lines.once(lambda line, *ends: line.pass_on(*ends)))
        sizes = walk.line.sizes
        for what, cut, size in (("request", lines.cut_request, sizes[0]), ("answer", lines.cut_answer, sizes[1])):
            places = range(size) if asked.cuts is None else sorted(chance.sample(range(size), asked.cuts))
            for at in places:
                walk.fault(f"{what} cut at byte {at}", cut(at))
            print(f"{what} cut          held at {len(places)} of {size} bytes", flush=True)
        flips = [(at, chance.randrange(8)) for at in range(0, 300, 1 if asked.cuts is None else 300 // asked.cuts)]
        for at, bit in flips:
            walk.fault(f"bit {bit} of byte {at} flipped", lines.flip(at, bit))
        print(f"flipped bits       held {len(flips)} times", flush=True)
        walk.stopped(chance)
        walk.clocks()
        print("stopped, clocks    held", flush=True)
        for how in ("removed", "cut", "replaced"):
            walk.taken(how)
        library.agree()
        print("files taken        held", flush=True)
        library.compare()
        print(f"{walk.number} faults on the line in {time.monotonic() - began:.0f} s: nothing lost, nothing twice.")
    except Broken as broken:
        sys.exit(f"{broken}; seed {asked.seed}, the files are in {folder}")
    finally:
        library.close()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
