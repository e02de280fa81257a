"""What devices do while a call of theirs fails."""
import json

from library import Scenario, settled
from programs import Broken, Device


class Enrol(Scenario):
    """A new file is made and bound to the hub with a one-time code."""
    name = "enrol"

    def begin(self, number):
        self.device = Device(self.programs, f"new{number}")
        self.code = self.hub.code(self.device.name)

    def files(self, number):
        return self.device.data_files()

    def enrol(self, faulty=None):
        return self.device.call("enroll", "--hub", self.hub.address, "--code", self.code, "--json", environment=faulty)

    def act(self, number, faulty):
        return self.enrol(faulty)

    def settle(self, number, outcome):
        if outcome.status:
            # The same code again, as a person would; whoever was bound already is told so.
            again = self.enrol()
            if again.status and again.code not in ("already_enrolled", "code_invalid"):
                raise Broken(f"enrolled again: {again}")
        self.device.sync()
        self.library.holds(self.device)
        for file in self.device.data_files():
            self.programs.folder.joinpath(file).unlink(missing_ok=True)


class FirstPull(Scenario):
    """A device that was just enrolled fetches everything."""
    name = "first-pull"

    def begin(self, number):
        if number == 0:
            self.library.lend(self.cart, "many", 300)
            self.cart.sync()
        self.device = self.hub.device(f"new{number}")

    def files(self, number):
        return self.device.data_files()

    def act(self, number, faulty):
        return self.device.call("sync", "--deadline", "60", environment=faulty)

    def settle(self, number, outcome):
        if outcome.status == 0:
            self.library.holds(self.device)
        self.device.must("verify")
        self.library.holds(self.device)
        for file in self.device.data_files():
            self.programs.folder.joinpath(file).unlink(missing_ok=True)


class Write(Scenario):
    """An app commits three transactions of two rows each through the library."""
    name = "write"

    def act(self, number, faulty):
        words = ["writer", self.desk.file, self.programs.schema, self.programs.ddl, f"w{number}", "3"]
        return self.programs.run(words, environment=faulty)

    def settle(self, number, outcome):
        told = outcome.output.count("kept ")
        found = [row[0] for row in self.desk.ask(f"SELECT id FROM book WHERE id LIKE 'w{number}-%'")]
        whole = {f"w{number}-{at}{note}" for at in range(1, len(found) // 2 + 1) for note in ("", "-note")}
        # Killed between the commit and the telling, it may have kept one more.
        if set(found) != whole or len(found) // 2 not in (told, told + 1):
            raise Broken(f"told of {told} commits, and there are {sorted(found)}")
        self.library.add(*found)


class Push(Scenario):
    """What another program wrote is sealed, sent and confirmed."""
    name = "push"

    def begin(self, number):
        self.library.lend(self.desk, f"p{number}")

    def act(self, number, faulty):
        return self.desk.call("sync", "--deadline", "60", environment=faulty)

    def settle(self, number, outcome):
        if outcome.status == 0:
            settled(self.desk)


class LargePush(Scenario):
    """So much of it that the write-ahead log is copied into the file meanwhile."""
    name = "large-push"
    most = 200

    def begin(self, number):
        self.desk.write("; ".join(
            f"INSERT INTO book VALUES ('l{number}-{at}', 'north', 'Atlas', NULL, hex(zeroblob(40000)))" for at in range(20)))
        self.library.books |= {f"l{number}-{at}": ("Atlas", None, "0" * 80000) for at in range(20)}

    def act(self, number, faulty):
        return self.desk.call("sync", "--deadline", "60", environment=faulty)

    def settle(self, number, outcome):
        if outcome.status == 0:
            settled(self.desk)
        self.library.agree()
        # Files that only grow would make each round slower than the one before.
        self.desk.write(f"DELETE FROM book WHERE id LIKE 'l{number}-%'")
        for at in range(20):
            del self.library.books[f"l{number}-{at}"]


class Pull(Scenario):
    """Rows of another device are installed, and among them one that this device has changed too."""
    name = "pull"

    def begin(self, number):
        self.library.lend(self.cart, f"i{number}", 20)
        self.cart.sync()
        self.library.lend(self.desk, f"d{number}")

    def act(self, number, faulty):
        return self.desk.call("sync", "--deadline", "60", environment=faulty)

    def settle(self, number, outcome):
        if outcome.status == 0:
            settled(self.desk)
            self.library.holds(self.desk)


class Resolve(Scenario):
    """A person settles a conflict."""
    name = "resolve"

    def begin(self, number):
        id = f"c{number}"
        self.library.lend(self.desk, id)
        self.library.settle()
        for device, shelf in ((self.desk, "A"), (self.cart, "B")):
            device.write(f"UPDATE book SET shelf = '{shelf}' WHERE id = '{id}'")
        self.library.settle()
        self.entry = self.conflict()
        if self.entry is None:
            raise Broken("there is no conflict to settle")
        self.library.books[id] = ("Atlas", "D", None)

    def conflict(self):
        found = [item["id"] for item in json.loads(self.desk.must("inbox", "--json")) if item["status"] == "open"]
        return found[0] if found else None

    def act(self, number, faulty):
        return self.desk.call("inbox", "resolve", self.entry, "--value", "D", environment=faulty)

    def settle(self, number, outcome):
        is_open = self.conflict() is not None
        if outcome.status == 0 and is_open:
            raise Broken("told that it is settled, and it is open")
        if is_open:
            self.desk.must("inbox", "resolve", self.entry, "--value", "D")


class Repair(Scenario):
    """A tool rebuilt a table and wrote unseen; what differs is put back to what the hub has."""
    name = "repair"

    def begin(self, number):
        if number == 0:
            self.library.lend(self.desk, "r", 4)
            self.library.settle()
        self.desk.write(
            "CREATE TABLE other (id TEXT PRIMARY KEY, branch TEXT NOT NULL, title TEXT NOT NULL, shelf TEXT, note TEXT); "
            "INSERT INTO other SELECT * FROM book; DROP TABLE book; ALTER TABLE other RENAME TO book; "
            "UPDATE book SET title = 'Ruined' WHERE id = 'r-1'; DELETE FROM book WHERE id = 'r-2'")

    def act(self, number, faulty):
        return self.desk.call("verify", "--revert", environment=faulty)

    def settle(self, number, outcome):
        if outcome.status == 0:
            self.library.holds(self.desk)
        self.desk.must("verify", "--revert")


class Rebuild(Scenario):
    """A file is made anew with the work that waits in it."""
    name = "rebuild"
    # SQLite says nothing of a log that it could not take into a file that it closes; there it looks as if it was in use.
    codes = {"busy"}

    def begin(self, number):
        self.library.lend(self.desk, f"n{number}")
        self.desk.must("sync", "--dry-run")

    def act(self, number, faulty):
        return self.desk.call("rebuild", "--anyway", environment=faulty)

    def settle(self, number, outcome):
        if outcome.status:
            # Whoever looks again may go on with what is there.
            self.desk.must("rebuild", *(["--anyway"] if number % 2 else []))
        for kept in self.programs.folder.glob("desk.db.*"):
            kept.unlink()


DEVICE_SCENARIOS = [Enrol, FirstPull, Write, Push, LargePush, Pull, Resolve, Repair, Rebuild]
