"""The hub: what it knows and keeps, from the rules alone; judge.py says what it accepts, answer.py what it tells. Every question
is answered from scratch."""
import copy
from dataclasses import dataclass

from answer import Answers
from cells import LIVE, Change, Verdict, is_alive, shown, values_of
from chains import OutOfOrder
from history import History
from judge import GRACE, Judge
from retention import Retention
from schema import EVERYTHING

WAIT = 30 * 86_400_000  # how long work may wait for what others have to offer to a put-back hub
LEAD = 300_000  # how far ahead of the hub's clock an effective time may lie


@dataclass
class Rights:
    """What a device may do, from one change to the next."""

    seq: int  # the head at that moment
    time: int
    role: str
    scopes: dict

    def readable(self):
        return {s for s, rights in self.scopes.items() if "r" in rights}


class Hub(Judge, Answers):
    def __init__(self, schema):
        self.schema, self.rows, self.log, self.verdicts = schema, {}, [], {}
        self.rights, self.roles, self.devices = {}, {}, {}
        self.changes = {}  # device -> its Rights, one after the other
        self.named, self.knows = {}, {}  # what each replica has shown to know: the greatest base, the newest change
        self.owners = {}  # replica -> its device
        self.history, self.retention = History(), Retention()
        self.again = set()  # dots of what came in an envelope
        self.waiting = (None, 0)  # the epoch in which work waits for others, and since when
        self.times = {}  # seq -> when the hub judged it
        self.known = {}  # what each device's schema, which may be an older version, knows of tables and cells
        self.entered, self.exits, self.entries, self.notices = {}, {}, {}, {}

    @property
    def head(self):
        return len(self.log)

    def scopes(self, device, right):
        return {s for s, rights in self.rights[device].items() if right in rights}

    # -- what the hub knows by itself of what devices may do, and of what they know

    def grant(self, device, scopes, role, now):
        self.rights[device], self.roles[device] = dict(scopes), role
        self.changes.setdefault(device, []).append(Rights(self.head, now, role, dict(scopes)))

    def knowledge(self, device, replica):
        """What a replica has shown to know; one that is new begins with what its device has shown by others."""
        own = [r for r, owner in self.owners.items() if owner == device]
        if replica in own:
            own = [replica]
        return max((self.named.get(r, 0) for r in own), default=0), max((self.knows.get(r, 0) for r in own), default=0)

    def learn(self, device, request):
        """A pull shows what its replica knows."""
        replica = request["replica"]
        named, knows = self.knowledge(device, replica)
        self.owners[replica] = device
        self.named[replica] = max(named, request["base"])
        changes = self.changes[device]
        newest = changes[-1]
        if len(changes) == 1 or request["base"] > newest.seq:
            knows = len(changes) - 1
        elif request["base"] == newest.seq:
            before = changes[-2]
            said = (request["role"], set(request["scopes"]))
            if said == (newest.role, newest.readable()) != (before.role, before.readable()):
                knows = len(changes) - 1
        self.knows[replica] = knows

    def counting(self, device, replica, now):
        """The changes of its rights that count for what comes from the device now: the last one that it knows and what
        came after, as long as they did not end too long ago."""
        changes = self.changes[device]
        return [at for at in range(self.knowledge(device, replica)[1], len(changes))
                if at + 1 == len(changes) or changes[at + 1].time >= now - GRACE]

    def standing_in(self, device, replica, right, now):
        """The scopes that count for the device, with the seq since which it has had each without a break."""
        changes, found = self.changes[device], {}
        for at in self.counting(device, replica, now):
            for scope, rights in changes[at].scopes.items():
                if right not in rights:
                    continue
                first = at
                while first > 0 and right in changes[first - 1].scopes.get(scope, ""):
                    first -= 1
                found[scope] = min(found.get(scope, changes[first].seq), changes[first].seq)
        return found

    def place(self, what, row, rows):
        """Scopes or homes of a row, its own or those of the parent that it follows."""
        table, cells = self.schema.tables[row[0]], rows.get(row)
        if cells is None:
            return set()
        values = values_of(table, row, cells)
        if what == "scopes" and self.retention.is_over(table, values):
            return set()
        if table.parent is None:
            return table.names(what, values)
        above = values[table.parent[0]]
        return set() if above is None else self.place(what, (table.parent[1], (above,)), rows)

    def scopes_of(self, row, rows):
        """Where a row comes by a pull."""
        return self.place("scopes", row, rows) | {EVERYTHING}

    # -- accepting

    def accept(self, device, sealed, now, envelope=None, speaks_for=None, asked=None, push=()):
        """The verdict on a transaction; None where it waits for what others have to offer first.

        speaks_for: whose work the request says that it pushes; asked: the epoch that it names; push: all that it pushes.
        """
        history, known = self.history, self.history.names.known(sealed)
        if known:
            return self.verdicts[known]
        kept = copy.deepcopy(history) if envelope or sealed.sealed[1] == 1 else None
        dot, chain = history.names.place(sealed, speaks_for, envelope is not None, push)
        if envelope and envelope.lost and envelope.lost[0] == history.epoch:
            history.begin(envelope.shared(), now)  # nobody has said that this hub was put back
        tx = history.translated(sealed, dot, chain, envelope, asked, speaks_for)
        bases = [tx.base] + [b for c in tx.changes for b in (c.base, c.parent_base or 0)]
        if max(bases) > self.head or not (envelope or all(d in self.verdicts for d in tx.seen)):
            self.history = kept or history
            raise OutOfOrder(dot)
        time = min(tx.time, (now + LEAD) << 16)
        if envelope and envelope.effective is not None:
            time = min(time, envelope.effective)
        verdict = Verdict(dot, self.head + 1, time, self.roles[device], hash=tx.hash, seen=tx.seen)
        after, verdict.refused, row = self.judge(device, tx, verdict, envelope, now)
        if envelope and verdict.refused in ("row_unknown", "no_scope", "not_writable") and (
                envelope.lost or tx.change(row).original > envelope.base or
                self.follows_waiting(tx, row, verdict.refused, kept.epoch)) and self.waits(now):
            self.history = kept
            if envelope.lost and envelope.lost[0] == kept.epoch:
                kept.begin(envelope.shared(), now)
            if self.waiting[0] != kept.epoch:
                self.waiting = (kept.epoch, now)
            return None
        chain.add(tx)
        if envelope:
            self.again.add(dot)
            if envelope.lost:
                history.places[dot] = envelope.lost
        self.note(device, tx, verdict, now)
        if dot[0] not in self.owners:  # it begins with what its device has shown, and goes on from there
            self.named[dot[0]], self.knows[dot[0]] = self.knowledge(device, dot[0])
            self.owners[dot[0]] = device
        if not verdict.refused:
            self.commit(tx, after, verdict.seq)
        elif envelope and envelope.lost:
            self.send_again(tx, self.author(device, tx, now), verdict.seq)
        return verdict

    def send_again(self, tx, author, seq):
        """Who pulled what lost work did, its author first, gets the rows as they are."""
        for scope, row in self.entered:
            if tx.change(row) and self.schema.tables[row[0]].access(author.role).get("write", False) and author.writes(
                    self.place("homes", row, self.rows)):
                self.entered[scope, row] = seq

    def follows_waiting(self, tx, row, refused, epoch):
        """Does work that waits with others of this epoch perhaps make what it lacks? It names what has no verdict."""
        if self.waiting[0] != epoch or all(d in self.verdicts for d in tx.seen):
            return False
        if refused == "no_scope":
            row = self.named_parent(self.schema.tables[row[0]], tx.change(row))
        return refused != "not_writable" and row is not None and row not in self.rows and (
            refused == "row_unknown" or not tx.change(row))

    def waits(self, now):
        epoch, since = self.waiting
        return epoch != self.history.epoch or now - since < WAIT

    def note(self, device, tx, verdict, now):
        """The verdict takes its place in the order."""
        self.verdicts[tx.dot] = verdict
        self.devices[tx.dot] = device
        self.times[verdict.seq] = now
        self.log.append((tx, verdict))
        self.history.append(tx.hash, not verdict.refused)

    def newest(self, row):
        return max((seq for (_, other), seq in self.entered.items() if other == row), default=0)

    def commit(self, tx, after, seq):
        were = self.lying()
        old = {row: self.rows.get(row, {}) for row in after}
        self.rows.update(after)
        # A life sign is nobody's news unless it brought a row back, or opened or closed a question.
        after = {row: cells for row, cells in after.items() if tx.change(row) or self.is_news(row, old[row], cells)}
        self.move(were, after, seq)
        for row, cells in after.items():
            for cell, writes in cells.items():
                if writes != old[row].get(cell):
                    self.settle(tx, row, cell, writes, seq, old[row].get(LIVE, {}))

    def lying(self):
        """Where each row lies, and whether it lives with all that it hangs on."""
        return {row: (self.scopes_of(row, self.rows), self.hangs(row, self.rows)) for row in self.rows}

    def hangs(self, row, rows):
        """Does a row live, and what it hangs on?"""
        table = self.schema.tables[row[0]]
        if row not in rows or not is_alive(table, rows[row]):
            return False
        return table.parent is None or self.hangs(
            (table.parent[1], (values_of(table, row, rows[row])[table.parent[0]],)), rows)

    def move(self, were, written, seq):
        """Writes down where rows lie now, and what they left."""
        for row, (now, hangs) in self.lying().items():
            was, hung = were.get(row, (set(), hangs))
            for scope in was - now:
                self.exits[scope, row] = seq
                del self.entered[scope, row]
            came = now if row in written else now - was
            # Whoever holds a living row through another scope hears of it once more.
            if (was - now or hung != hangs) and is_alive(self.schema.tables[row[0]], self.rows[row]):
                came = came | now - {EVERYTHING}
            for scope in came:
                self.entered[scope, row] = seq

    def is_news(self, row, was, now):
        table = self.schema.tables[row[0]]

        def asked(cells):
            live = cells.get(LIVE, {})
            top = shown(table, LIVE, live)
            return top, {d: w.seq for d, w in live.items() if w.value != top}
        return asked(was) != asked(now)

    def settle(self, tx, row, cell, writes, seq, lived):
        """Entries for what a person must decide, notices for whose value is not shown.

        lived: what said before whether the row lives.
        """
        table = self.schema.tables[row[0]]
        policy = "ask" if cell == LIVE else table.cells[cell[0]].policy
        top = shown(table, cell, writes)
        losers = [d for d, w in writes.items() if w.value != top]
        if policy in ("lww", "last_non_null", "immutable", "authority"):
            for dot in losers:
                self.notices.setdefault((dot, row, cell), seq)
        if policy != "ask":
            return
        change = tx.change(row) or Change(row, 0, [])
        lives = [d for d, w in writes.items() if w.value == "alive"]
        saw = {w.value for d, w in lived.items() if w.seq <= change.base or d in tx.seen or d in change.lost}
        if cell == LIVE and change.has("insert") and len(lives) > 1 and tx.dot in lives and not (
                change.is_lowered() and saw == {"alive"}):
            for dot in lives:  # the key was inserted twice, and became one row
                self.notices.setdefault((dot, row, cell), seq)
        opened = next((o for (r, c, o), status in self.entries.items()
                       if (r, c, status) == (row, cell, "open")), None)
        kinds = ("delete", "touch", "insert") if cell == LIVE else ("set",)
        resolves = next((op["resolves"] for op in change.ops if op.get("resolves") and op["op"] in kinds
                         and (cell == LIVE or op["cell"] == cell[0])), None)
        named = resolves if (row, cell, resolves) in self.entries else None
        if losers and opened is None:
            self.entries[row, cell, named or seq] = "open"
        elif not losers and opened is not None:
            self.entries[row, cell, opened] = "resolved" if named else "superseded"
