"""Real programs whose files are put back to older copies, or go on as two, at random: what has to be at the hub in the end is."""
import argparse
import contextlib
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from programs import ENVIRONMENT, Broken, Device, Hub, Programs


def copy(source, target, with_sidecar):
    """What a person copies who takes the files of a program that does not run."""
    for ending in ("", "-wal", "-shm", *(["-sidecar"] if with_sidecar else [])):
        pathlib.Path(f"{target}{ending}").unlink(missing_ok=True)
        if pathlib.Path(f"{source}{ending}").exists():
            shutil.copyfile(f"{source}{ending}", f"{target}{ending}")


class File(Device):
    """A device's file, and which books were written on it: in it, whatever it was put back to."""

    def __init__(self, programs, name, own=()):
        super().__init__(programs, name)
        self.own = set(own)

    def books(self):
        return {row[0] for row in self.ask("SELECT id FROM book")}


class Trial:
    """`copies` are of devices' files, with what had been written on each; of the hub only the newest copy counts, since devices
    forget what a backup covers."""

    def __init__(self, programs, seed):
        self.programs, self.chance, self.written, self.count = programs, random.Random(seed), 0, {}
        self.hub = Hub(programs)
        self.hub.init()
        self.hub.serve()
        self.files = [self.enrol(name) for name in ("desk", "cart")]
        self.files[0].write("INSERT INTO tally VALUES ('t', 'north', 0)")
        for file in self.files:
            file.sync()
        self.copies, self.hub_copy = [], None
        self.back_up()

    def enrol(self, name):
        file = File(self.programs, name)
        file.must("enroll", "--hub", self.hub.address, "--code", self.hub.code(name))
        return file

    def step(self):
        ways = {self.write: 8, self.sync: 8, self.kill_sync: 3, self.keep: 3, self.put_back: 2, self.go_on_as_two: 1,
                self.kill_hub: 1, self.back_up: 1, self.put_hub_back: 2}
        way = self.chance.choices(list(ways), list(ways.values()))[0]
        self.count[way.__name__] = self.count.get(way.__name__, 0) + 1
        way()

    def any(self):
        return self.chance.choice(self.files)

    # What happens

    def write(self):
        file = self.any()
        for _ in range(self.chance.randint(1, 3)):
            self.written += 1
            id = f"book-{self.written}"
            file.write(f"INSERT INTO book VALUES ('{id}', 'north', 'Atlas', NULL, NULL); UPDATE tally SET n = n + 1")
            file.own.add(id)

    def sync(self):
        outcome = self.any().call("sync", "--deadline", "60")
        if outcome.status:
            raise Broken(f"a sync ends with {outcome}")

    def kill_sync(self):
        process = subprocess.Popen(
            self.any().command("sync", "--deadline", "60"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        time.sleep(self.chance.uniform(0, 0.15))
        process.kill()
        process.wait()

    def keep(self):
        file = self.any()
        path = self.programs.folder / f"copy{len(self.copies)}.db"
        copy(file.file, path, with_sidecar=True)
        self.copies.append((file, path, set(file.own)))

    def put_back(self):
        """To an older copy, with the sidecar of then, without any, or beside the one of now."""
        if not self.copies:
            return
        file, path, own = self.chance.choice(self.copies)
        way = self.chance.choice(("whole", "bare", "beside"))
        if way != "beside":
            pathlib.Path(f"{file.file}-sidecar").unlink(missing_ok=True)
        copy(path, file.file, with_sidecar=way == "whole")
        file.own = set(own)

    def go_on_as_two(self):
        if len(self.files) > 4:
            return
        file = self.any()
        other = File(self.programs, f"{file.name}-{len(self.files)}", file.own)
        copy(file.file, other.file, with_sidecar=self.chance.random() < 0.5)
        self.files.append(other)

    def kill_hub(self):
        self.hub.stop(hard=True)
        self.hub.serve()

    def back_up(self):
        """By the command, or as somebody copies the files of a hub that is stopped."""
        path = self.programs.folder / f"hub{self.count.get('back_up', 0)}.copy"
        if self.chance.random() < 0.5:
            self.hub.must("backup", path)
        else:
            self.hub.stop()
            shutil.copyfile(self.hub.data / "hub.db", path)
            self.hub.serve()
        self.hub_copy = path

    def put_hub_back(self):
        """By the command, or without a word."""
        self.hub.stop(hard=self.chance.random() < 0.5)
        if self.chance.random() < 0.5:
            self.hub.must("restore", self.hub_copy)
        else:
            for ending in ("-wal", "-shm"):
                pathlib.Path(f"{self.hub.data}/hub.db{ending}").unlink(missing_ok=True)
            shutil.copyfile(self.hub_copy, self.hub.data / "hub.db")
        self.hub.serve()

    # What has to hold

    def at_hub(self):
        """A device of its own that only looks."""
        looker = self.enrol(f"looker{self.count.setdefault('look', 0)}")
        self.count["look"] += 1
        looker.sync()
        return looker

    def end(self):
        kept = self.at_hub().books().union(*(file.own for file in self.files))
        for _ in range(4):
            for file in self.files:
                file.sync()
        looker = self.at_hub()
        books = looker.books()
        if lost := kept - books:
            raise Broken(f"lost: {sorted(lost)}")
        for file in [looker, *self.files]:
            status = file.status()
            # Who saw what the hub and its author have lost is told, and has it put right.
            if status["mismatch"]:
                file.must("verify", "--revert")
                status = file.status()
            left = {name: status[name] for name in ("pending", "refused", "held", "conflicts") if status[name]}
            if left or status["mismatch"]:
                raise Broken(f"{file.name} is left with {left} {status['mismatch']}")
            if (found := file.books()) != books:
                raise Broken(f"{file.name} lacks {sorted(books - found)} and has {sorted(found - books)} too")
            if (tally := file.ask("SELECT n FROM tally")) != [(len(books),)]:
                raise Broken(f"{file.name} counts {tally}, and there are {len(books)} books")
            if (whole := file.ask("PRAGMA integrity_check")) != [("ok",)]:
                raise Broken(f"{file.name}: {whole}")
        self.hub.check()
        return len(books)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", default="1..3", help="from..to")
    parser.add_argument("--steps", type=int, default=60)
    asked = parser.parse_args()
    first, last = (int(word) for word in asked.seeds.split(".."))
    failed, counts = [], {}
    for seed in range(first, last + 1):
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
            trial = Trial(Programs(asked.bin, folder), seed)
            ends.callback(trial.hub.stop, hard=True)
            try:
                for _ in range(asked.steps):
                    trial.step()
                told = f"{trial.end()} books of {trial.written}, on {len(trial.files)} files"
            except Broken as broken:
                failed.append(seed)
                told = f"BROKEN {broken}"
            print(f"seed {seed}: {told}", flush=True)
            for name, count in trial.count.items():
                counts[name] = counts.get(name, 0) + count
    happened = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    if failed:
        sys.exit(f"{happened}\nnot as it has to be: seeds {failed}")
    if not counts.get("put_back") or not counts.get("put_hub_back"):
        sys.exit(f"{happened}\nnothing was put back: the look is blind")
    print(happened)


if __name__ == "__main__":
    main()
