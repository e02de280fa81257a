"""Two clerks and a hub, and the truth about their books: what each was told is kept, kept here too."""
import json
import sqlite3

from programs import Broken, Hub


class Library:
    """`books` and `tally` are what everybody has to show once all have synced."""

    def __init__(self, programs):
        self.programs, self.books, self.tally, self.order = programs, {}, 0, []
        self.hub = Hub(programs)
        self.hub.init()
        self.hub.serve()
        self.desk, self.cart = (self.hub.device(name) for name in ("desk", "cart"))
        self.desk.write("INSERT INTO tally VALUES ('t', 'north', 0)")
        self.settle()

    def close(self):
        self.hub.stop(hard=True)

    def lend(self, device, id, count=1):
        """A new book, or several, and one more on the tally, as one transaction of another program."""
        rows = [f"{id}-{at}" for at in range(count)] if count > 1 else [id]
        device.write("; ".join(f"INSERT INTO book VALUES ('{row}', 'north', 'Atlas', NULL, NULL)" for row in rows)
                     + "; UPDATE tally SET n = n + 1")
        self.add(*rows)
        self.tally += 1

    def add(self, *ids):
        self.books |= {id: ("Atlas", None, None) for id in ids}

    def settle(self):
        for device in (self.desk, self.cart, self.desk):
            device.sync()

    def agree(self):
        """Once all have synced everybody shows the truth, and nothing was judged twice."""
        for device in (self.desk, self.cart, self.desk):
            device.sync()
        for device in (self.desk, self.cart):
            self.holds(device)
        self.check_order()

    def holds(self, device):
        found = {row[0]: tuple(row[1:]) for row in device.ask("SELECT id, title, shelf, note FROM book")}
        if found != self.books:
            lost, extra = set(self.books) - set(found), set(found) - set(self.books)
            other = sorted(id for id in set(found) & set(self.books) if found[id] != self.books[id])
            raise Broken(f"{device.name} lacks {sorted(lost)}, has {sorted(extra)} too, and otherwise "
                         f"{[(id, found[id], self.books[id]) for id in other]}")
        tally = device.ask("SELECT n FROM tally")
        if tally != [(self.tally,)]:
            raise Broken(f"{device.name} counts {tally}, and it is {self.tally}")
        if (whole := device.ask("PRAGMA integrity_check")) != [("ok",)]:
            raise Broken(f"{device.name}: {whole}")

    def check_order(self, is_new=False):
        """What the hub has once put in its order stays there; `is_new` after it was put back on purpose."""
        self.hub.check()
        db = sqlite3.connect(self.hub.data / "hub.db", timeout=30)
        order = db.execute("SELECT seq, replica, n, hash, log FROM txn ORDER BY seq").fetchall()
        db.close()
        if not is_new and order[:len(self.order)] != self.order:
            raise Broken("the hub's order has changed behind what was acknowledged")
        self.order = order

    def compare(self):
        """The whole look: row by row with the hub, and nothing left over."""
        self.agree()
        for device in (self.desk, self.cart):
            device.must("verify")
            status = json.loads(device.must("status", "--json"))
            left = {name: status[name] for name in ("pending", "refused", "held", "conflicts") if status[name]}
            if left or status["mismatch"]:
                raise Broken(f"{device.name} is left with {left} {status['mismatch']}")


class Scenario:
    """What one program does while a call of it fails. `begin` prepares, `act` runs it with the fault in its environment, `settle` finishes what was
    begun, with programs that nothing happens to, and says what must be true then."""
    name = ""
    # Codes that it may end with beside those of the fault.
    codes = set()
    # So many faults at most, where there are more than anybody waits for.
    most = None
    # Does the program that is run end otherwise than the one that is killed?
    survives = False

    def __init__(self, library):
        self.library, self.programs, self.hub = library, library.programs, library.hub
        self.desk, self.cart = library.desk, library.cart

    def begin(self, number):
        pass

    def files(self, number):
        """Those that a call fails for."""
        return self.desk.data_files()

    def settle(self, number, outcome):
        pass


def settled(device):
    """A device that was told that it is synced has nothing waiting."""
    if waiting := device.status()["pending"]:
        raise Broken(f"{device.name} was told that all is sent, and {waiting} wait")
