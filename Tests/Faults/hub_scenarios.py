"""What a hub does while a call of its own fails."""
import shutil
import sqlite3

from library import Scenario
from programs import Broken, Hub, Outcome


class Init(Scenario):
    """The store of a new organisation is made."""
    name = "init"

    def begin(self, number):
        self.new = Hub(self.programs, f"hub{number}")

    def files(self, number):
        return [self.new.data]

    def act(self, number, faulty):
        return self.new.call("init", "--schema", self.programs.schema, environment=faulty)

    def settle(self, number, outcome):
        again = self.new.call("init", "--schema", self.programs.schema)
        # Whoever was told that it is there is told so again.
        if (again.status != 0 or outcome.status == 0) and again.code != "usage":
            raise Broken(f"made again: {again}")
        self.new.serve()
        self.new.device(f"d{number}").sync()
        if self.new.stop():
            raise Broken("it did not stop well")
        shutil.rmtree(self.new.data)


class AddDevice(Scenario):
    """A device is added while the hub serves."""
    name = "device-add"

    def files(self, number):
        return self.hub.data_files()

    def act(self, number, faulty):
        return self.hub.call("device add", "--name", f"a{number}", "--role", "clerk", "--scope", "branch/north", environment=faulty)

    def settle(self, number, outcome):
        name = f"a{number}"
        is_there = any(line.split()[0] == name for line in self.hub.must("device list").splitlines() if line.strip())
        if outcome.status == 0 and not is_there:
            raise Broken("told of a code, and there is no such device")
        if not is_there:
            self.hub.must("device add", "--name", name, "--role", "clerk", "--scope", "branch/north")


class Serve(Scenario):
    """Two devices push and pull at a hub that stops afterwards."""
    name = "serve"
    # It is the hub that a call fails for, and it goes on; what its devices hear is looked at apart.
    survives = True
    codes = {"hub_failed", "killed"}

    def files(self, number):
        return self.hub.data_files()

    def begin(self, number):
        self.hub.stop()
        self.library.lend(self.desk, f"s{number}")
        self.library.lend(self.cart, f"t{number}")

    def act(self, number, faulty):
        if not self.hub.serve(environment=faulty, must=False):
            return self.ended()
        told, bases = [], []
        for device in (self.desk, self.cart):
            told.append(device.call("sync", "--json", "--deadline", "1"))
            bases.append(device.status()["base"])
        status = self.hub.stop()
        self.head(max(bases))
        for outcome in told:
            if outcome.status and outcome.code not in ("hub_failed", "connection_lost", "connection_refused", "deadline"):
                raise Broken(f"a device hears {outcome}")
        failed = [outcome for outcome in told if outcome.code == "hub_failed"]
        return failed[0] if failed and status == 0 else Outcome(status, "", self.last_line(status))

    def ended(self):
        status = self.hub.stop()
        return Outcome(status, "", self.last_line(status))

    def last_line(self, status):
        lines = self.hub.log.read_text(errors="replace").splitlines()
        return lines[-1] if status > 0 and lines else ""

    def head(self, told):
        """Nobody was told of more than the file has."""
        db = sqlite3.connect(self.hub.data / "hub.db")
        found = db.execute("SELECT coalesce(max(seq), 0) FROM txn").fetchone()[0]
        db.close()
        if told > found:
            raise Broken(f"a device was told of {told}, and the hub has {found}")

    def settle(self, number, outcome):
        if not self.hub.is_alive:
            self.hub.serve()


class Backup(Scenario):
    """The hub is copied while it serves."""
    name = "backup"

    def begin(self, number):
        self.copy = self.programs.folder / f"copy{number}.db"
        self.library.lend(self.desk, f"b{number}")
        self.desk.sync()

    def files(self, number):
        return [*self.hub.data_files(), self.copy]

    def act(self, number, faulty):
        return self.hub.call("backup", self.copy, environment=faulty)

    def covered(self):
        """Up to where devices are told that a copy covers their work."""
        db = sqlite3.connect(self.hub.data / "hub.db")
        found = db.execute("SELECT value FROM meta WHERE name = 'durable'").fetchone()
        db.close()
        return int(bytes(found[0])) if found else 0

    def settle(self, number, outcome):
        head = self.hub.head()
        if outcome.status == 0 or self.covered() == head:
            db = sqlite3.connect(self.copy)
            whole = db.execute("PRAGMA integrity_check").fetchall()
            newest = db.execute("SELECT max(seq) FROM txn").fetchone()[0]
            db.close()
            if whole != [("ok",)] or newest != head or self.covered() != head:
                raise Broken(f"a copy up to {newest} of {head} (told {self.covered()}): {whole}")
        if outcome.status:
            again = self.hub.call("backup", self.copy)
            if again.status:
                # The copy was whole, and only that could not be told.
                if again.code != "usage":
                    raise Broken(f"copied again: {again}")
                db = sqlite3.connect(self.copy)
                whole = db.execute("PRAGMA integrity_check").fetchall()
                db.close()
                if whole != [("ok",)]:
                    raise Broken(f"half of a copy has the name of a whole one: {whole}")
        self.copy.unlink()


class Restore(Scenario):
    """A hub is put back to an older copy; devices bring what it lacks."""
    name = "restore"

    def begin(self, number):
        self.copy = self.programs.folder / "yesterday.db"
        self.copy.unlink(missing_ok=True)
        self.hub.must("backup", self.copy)
        self.library.lend(self.desk, f"o{number}")
        self.library.settle()
        self.hub.stop()

    def files(self, number):
        return [f"{self.hub.data}/"]

    def act(self, number, faulty):
        return self.hub.call("restore", self.copy, environment=faulty)

    def settle(self, number, outcome):
        # Half of them serve what is there, as somebody would who does not look; the others put it back again.
        if outcome.status and (number % 2 or not self.hub.serve(must=False)):
            self.hub.must("restore", self.copy)
        if not self.hub.is_alive:
            self.hub.serve()
        self.library.order = []
        for kept in self.hub.data.glob("hub.db.before-*"):
            kept.unlink()


HUB_SCENARIOS = [Init, AddDevice, Serve, Backup, Restore]
