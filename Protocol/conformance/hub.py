"""The hub: what it judges, keeps, tells and asks, from the rules alone. Every question is answered from scratch."""
import copy
from dataclasses import dataclass

from cells import (
    LIVE, PENDING, UNSTAMPED, Change, Verdict, Write, builds_on, is_alive, is_concurrent, merge, shown, standing, values_of)
from chains import OutOfOrder
from history import History
from retention import Retention
from schema import EVERYTHING, order

LEAD = 300_000  # how far ahead of the hub's clock an effective time may lie
GRACE = 30 * 86_400_000  # how long work of before counts after a row left, or a right was taken away


@dataclass
class Rights:
    """What a device may do, from one change to the next."""

    seq: int  # the head at that moment
    time: int
    role: str
    scopes: dict

    def readable(self):
        return {s for s, rights in self.scopes.items() if "r" in rights}


@dataclass
class Reply:
    """The hub's whole answer to one request, as of one moment."""

    request: dict
    head: int
    rows: dict
    exits: list
    verdicts: list
    notices: dict
    granted: dict
    role: str
    whole: bool  # what does not come is not there
    epoch: object
    log: bytes


@dataclass
class Author:
    """A device in the act of pushing: what it may do by the hub's record."""

    device: str
    role: str
    writable: dict  # scope -> the seq since which it has had it
    readable: set
    named: int
    oldest: int     # exits before this time excuse nothing

    def writes(self, homes):
        return bool(set(homes) & set(self.writable))


class Hub:
    def __init__(self, schema):
        self.schema, self.rows, self.log, self.verdicts = schema, {}, [], {}
        self.rights, self.roles, self.devices = {}, {}, {}
        self.changes = {}  # device -> its Rights, one after the other
        self.named, self.knows = {}, {}  # what each replica has shown to know: the greatest base, the newest change
        self.owners = {}  # replica -> its device
        self.history, self.retention = History(), Retention()
        self.again = set()  # dots of what came in an envelope
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

    def accept(self, device, sealed, now, envelope=None, speaks_for=None, asked=None):
        """The verdict on a transaction; None where it waits for what others have to offer first.

        speaks_for: whose work the request says that it pushes; asked: the epoch that it names.
        """
        history, known = self.history, self.history.names.known(sealed)
        if known:
            return self.verdicts[known]
        kept = copy.deepcopy(history) if envelope or sealed.sealed[1] == 1 else None
        dot, chain = history.names.place(sealed, speaks_for, envelope is not None)
        if envelope and envelope.lost and envelope.lost[0] == history.epoch:
            history.begin(envelope.base, now)  # nobody has said that this hub was put back
        tx = history.translated(sealed, dot, chain, envelope, asked)
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
                envelope.lost or tx.change(row).original > envelope.base):
            self.history = kept
            return None
        chain.hashes[sealed.sealed[1]] = tx.hash
        if envelope:
            self.again.add(dot)
            if envelope.lost:
                history.places[dot] = envelope.lost
        self.note(device, tx, verdict, now)
        self.owners.setdefault(dot[0], device)
        if not verdict.refused:
            self.commit(tx, after, verdict.seq)
        return verdict

    def note(self, device, tx, verdict, now):
        """The verdict takes its place in the order."""
        self.verdicts[tx.dot] = verdict
        self.devices[tx.dot] = device
        self.times[verdict.seq] = now
        self.log.append((tx, verdict))
        self.history.append(tx.hash, not verdict.refused)

    def judge(self, device, tx, verdict, envelope, now):
        """The rows as they would be, the rule that forbids it, and the row that it is about."""
        after, merged, role, replica = {}, dict(self.rows), self.roles[device], tx.dot[0]
        writable, readable = (self.standing_in(device, replica, right, now) for right in "wr")
        roles = {self.changes[device][at].role for at in self.counting(device, replica, now)}
        # Work of before a change of role is judged by the role of then.
        author = Author(device, tx.role if tx.role in roles else role, writable, set(readable),
                        self.knowledge(device, replica)[0], now - GRACE)
        gone = set()
        for change in tx.changes:
            table = self.schema.tables[change.row[0]]
            if envelope:
                change.lost = self.history.had_seen(tx, change.original, self.rows.get(change.row, {}))
            why = self.refuses(author, tx, change, table, verdict)
            if why == "row_unknown" and change.row not in self.rows and self.retention.may_have_had(self, tx, change.base):
                if all(op["op"] == "delete" for op in change.ops):
                    gone.add(change.row)
                    continue  # it has what it wanted
                why = "update_of_purged"
            if why:
                return after, why, change.row
            cells = copy.deepcopy(self.rows.get(change.row, {}))
            seen = table.readable(tx.role) & table.readable(role)
            if tx.strict and is_concurrent(table, cells, change, tx, seen, table.gives(role)):
                return after, "strict_concurrent", change.row
            merge(table, cells, change, tx.dot, tx.seen | change.lost, verdict.seq, verdict.time, seen, table.gives(role))
            if envelope and envelope.lost:
                self.history.withdraw(table, tx, envelope.lost, change, cells, self.came_back(table))
            after[change.row] = merged[change.row] = cells
            if named := self.named_parent(table, change):
                base = tx.base if change.parent_base is None else change.parent_base
                self.sign_life(tx, named, base, after, merged, verdict)
        for change in tx.changes:
            if change.row in gone:
                continue
            why = self.misplaced(author, tx, change, merged)
            if why:
                return after, why, change.row
        return after, "unique_taken" if self.takes_unique(after, merged) else None, None

    def came_back(self, table):
        """Accepted work that came in envelopes, with the cells that its authors could see and give."""
        return [(tx, table.readable(tx.role) & table.readable(v.role), table.gives(v.role))
                for tx, v in self.log if tx.dot in self.again and not v.refused]

    def sign_life(self, tx, parent, base, after, merged, verdict):
        """Who names a parent says that it lives, unless its author knew it to be deleted."""
        table = self.schema.tables[parent[0]]
        if tx.change(parent) or table.delete == "never" or parent not in merged:
            return
        cells = copy.deepcopy(merged[parent])
        live = cells.get(LIVE, {})
        if any(w.value == "dead" and (w.seq <= base or d in tx.seen) for d, w in live.items()):
            return
        was = is_alive(table, cells)
        touch = Change(parent, base, [{"op": "touch"}])
        verdict.signs.append((parent, base))
        merge(table, cells, touch, tx.dot, tx.seen, verdict.seq, verdict.time, set(), set())
        after[parent] = merged[parent] = cells
        if not was and is_alive(table, cells) and table.parent:
            if above := values_of(table, parent, cells)[table.parent[0]]:
                self.sign_life(tx, (table.parent[1], (above,)), base, after, merged, verdict)

    def takes_unique(self, after, merged):
        """Does a row want a key that the schema calls unique and another living row has?"""
        for name, table in self.schema.tables.items():
            for columns in table.unique:
                holders = {}
                for row, cells in merged.items():
                    if row[0] == name and is_alive(table, cells):
                        values = values_of(table, row, cells)
                        key = tuple(values[c] for c in columns)
                        if None not in key:
                            holders.setdefault(key, set()).add(row)
                if any(len(rows) > 1 and rows & set(after) for rows in holders.values()):
                    return True
        return False

    def refuses(self, author, tx, change, table, verdict):
        inserts, device = change.has("insert"), author.device
        if self.stands_on_refused(author, tx, change.row, inserts):
            return "depends_on_refused"
        if not table.access(author.role).get("write", False):
            return "not_writable"
        cells = self.rows.get(change.row)
        if cells is None:
            return self.ill_formed(table, change, author.role) if inserts else "row_unknown"
        if not author.writes(self.place("homes", change.row, self.rows)) and not self.late(author, tx, change):
            if inserts:
                return "key_unavailable"
            return "not_writable" if self.sees(author, change.row) else "row_unknown"
        why = self.ill_formed(table, change, author.role)
        if why:
            return why
        if inserts and table.append:
            return "append_only"
        readable = table.readable(tx.role) & table.readable(self.roles[device])

        def saw(dot, write):
            return write.seq <= change.base or dot in tx.seen or dot in change.lost

        def replaces_immutable(name, value):
            spec = table.cells[name]
            return spec.policy == "immutable" and name in readable and any(
                any(v is not None for v in spec.unpack(w.value)) and w.value != value and saw(d, w)
                for d, w in cells.get((name, None), {}).items())

        for op in change.ops:
            if op["op"] == "set" and replaces_immutable(op["cell"], op["value"]):
                return "immutable"
        known = {w.value for d, w in cells.get(LIVE, {}).items() if saw(d, w)}
        if not inserts or known != {"alive"}:
            return None
        # Who saw the row alive, and no deletion, inserts nothing new: that is an update by another name.
        after, role = copy.deepcopy(cells), self.roles[device]
        merge(table, after, change, tx.dot, tx.seen | change.lost, verdict.seq, verdict.time, readable, table.gives(role))
        was, then = values_of(table, change.row, cells), values_of(table, change.row, after)
        for name, value in change.ops[0]["cells"].items():
            spec = table.cells[name]
            if replaces_immutable(name, value):
                return "immutable"
            if table.is_default(spec, value) and not table.may_write(spec, author.role, True) and name not in readable:
                continue
            same = name in readable and all(was[c] == then[c] for c in spec.columns)
            if not same and not table.may_write(spec, author.role, False):
                return "column_not_writable"
        return None

    def ill_formed(self, table, change, role):
        """What schema and role alone forbid."""
        if not table.access(role).get("write", False):
            return "not_writable"
        for op in change.ops:
            if op["op"] in ("touch", "delete"):
                if table.append:
                    return "append_only"
                if op["op"] == "delete" and table.delete == "never":
                    return "not_writable"
                continue
            if op["op"] != "insert" and table.append:
                return "append_only"
            given = op["cells"] if op["op"] == "insert" else {op["cell"]: op.get("value")}
            for name, value in given.items():
                spec = table.cells[name]
                if op["op"] in ("insert", "set") and spec.policy not in ("set", "counter"):
                    if any(not self.fits(table.columns[c], v) for c, v in zip(spec.columns, spec.unpack(value))):
                        return "value_not_allowed"
                inserting = op["op"] == "insert"
                if inserting and table.is_default(spec, value):
                    continue
                if not table.may_write(spec, role, inserting):
                    return "column_not_writable"
        return None

    @staticmethod
    def fits(column, value):
        if value is None:
            return not column.get("required", False)
        return "values" not in column or value in column["values"]

    def misplaced(self, author, tx, change, merged):
        table = self.schema.tables[change.row[0]]
        named, inserts = self.named_parent(table, change), change.has("insert")
        if named:
            own = tx.change(named)
            if not (own and own.has("insert")) and self.stands_on_refused(author, tx, named, False):
                return "depends_on_refused"
        parent_base = tx.base if change.parent_base is None else change.parent_base
        if named and named not in merged and self.retention.may_have_had(self, tx, parent_base):
            return "update_of_purged"
        homes = self.place("homes", change.row, merged)
        if not homes:
            return "no_scope"
        if table.parent is not None:
            parent = named
            if inserts and not named:
                parent = (table.parent[1], (values_of(table, change.row, merged[change.row])[table.parent[0]],))
            if parent is None or (table.give_away and not inserts) or self.may_hang(author, tx, parent, merged):
                return None
            own = parent in merged and parent not in self.rows  # one of this transaction's is no secret
            return "not_writable" if own or (parent in self.rows and self.sees(author, parent)) else "no_scope"
        if inserts:
            fresh = {}
            merge(table, fresh, change, tx.dot, frozenset(), 0, 0, set(), set(table.cells))
            return None if author.writes(table.names("homes", values_of(table, change.row, fresh))) else "not_writable"
        if table.give_away:
            return None
        # Where it is now, and where its author wanted it though somebody else moved it meanwhile.
        wanted = copy.deepcopy(self.rows[change.row])
        merge(table, wanted, Change(change.row, PENDING, change.ops), tx.dot, frozenset(), 0, 0, set(table.cells),
              set(table.cells))
        before = self.place("homes", change.row, self.rows)
        ends = [homes, table.names("homes", values_of(table, change.row, wanted))]
        return None if all(e == before or author.writes(e) for e in ends) else "not_writable"

    def may_hang(self, author, tx, parent, merged):
        """A parent is judged like a row that is written."""
        return (author.writes(self.place("homes", parent, merged) | self.place("homes", parent, self.rows))
                or (parent in self.rows and self.left(author, parent, tx.base)))

    def sees(self, author, row):
        """What a device may neither read nor write is to it as if it were not there."""
        reads = self.schema.tables[row[0]].access(author.role).get("read", False)
        return reads and bool(self.scopes_of(row, self.rows) & author.readable)

    @staticmethod
    def named_parent(table, change):
        if table.parent is None:
            return None
        if table.parent[0] in table.key:  # a key is given by the insert alone
            above = change.row[1][table.key.index(table.parent[0])]
            return (table.parent[1], (above,)) if change.has("insert") else None
        cell = table.of_column[table.parent[0]]
        for op in change.ops:
            if op["op"] == "set" and op["cell"] == cell.name:
                value = op["value"]
            elif op["op"] == "insert" and cell.name in op["cells"]:
                value = op["cells"][cell.name]
            else:
                continue
            above = cell.unpack(value)[cell.columns.index(table.parent[0])]
            return None if above is None else (table.parent[1], (above,))
        return None

    def left(self, author, row, base):
        """Did the row leave a scope of the author's after what it had seen, by the hub's own record?"""
        exits = [(s, seq) for (s, other), seq in self.exits.items() if other == row and s in author.writable
                 and self.times[seq] >= author.oldest]
        return any(seq > max(base, author.named, author.writable[s]) for s, seq in exits)

    def late(self, author, tx, change):
        """Was the row writable when its author wrote? The hub's exits say so."""
        base = change.base
        if base == 0:
            last = max((seq for (s, other), seq in self.exits.items() if other == change.row and s in author.writable
                        and self.times[seq] >= author.oldest), default=0)
            own = [v.seq for t, v in self.log if t.dot in tx.seen and not v.refused and v.seq < last
                   and self.devices[t.dot] == author.device and t.change(change.row)]
            if not own:
                return False
            base = min(own)
        return self.left(author, change.row, base)

    def newest(self, row):
        return max((seq for (_, other), seq in self.entered.items() if other == row), default=0)

    def stands_on_refused(self, author, tx, row, inserts):
        state = None
        for other, verdict in self.log:
            if other.dot in tx.seen and self.devices[other.dot] == author.device and other.change(row):
                state = standing(state, other.change(row), other.dot, bool(verdict.refused))
        return builds_on(state, inserts)

    def commit(self, tx, after, seq):
        were = {row: self.scopes_of(row, self.rows) for row in self.rows}
        old = {row: self.rows.get(row, {}) for row in after}
        self.rows.update(after)
        # A life sign is nobody's news unless it brought a row back, or opened or closed a question.
        after = {row: cells for row, cells in after.items() if tx.change(row) or self.is_news(row, old[row], cells)}
        self.move(were, after, seq)
        for row, cells in after.items():
            for cell, writes in cells.items():
                if writes != old[row].get(cell):
                    self.settle(tx, row, cell, writes, seq)

    def move(self, were, written, seq):
        """Writes down where rows lie now, and what they left."""
        for row in self.rows:
            was, now = were.get(row, set()), self.scopes_of(row, self.rows)
            for scope in was - now:
                self.exits[scope, row] = seq
                del self.entered[scope, row]
            for scope in now if row in written else now - was:
                self.entered[scope, row] = seq

    def is_news(self, row, was, now):
        table = self.schema.tables[row[0]]

        def asked(cells):
            live = cells.get(LIVE, {})
            top = shown(table, LIVE, live)
            return top, {d: w.seq for d, w in live.items() if w.value != top}
        return asked(was) != asked(now)

    def settle(self, tx, row, cell, writes, seq):
        """Entries for what a person must decide, notices for whose value is not shown."""
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
        if cell == LIVE and change.has("insert") and len(lives) > 1:
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

    def open_entries(self):
        return sorted((row, cell, opened) for (row, cell, opened), status in self.entries.items() if status == "open")

    # -- answering

    def reply(self, device, request):
        granted, role = self.scopes(device, "r"), self.roles[device]
        whole = self.retention.is_behind(request["base"], granted | request["scopes"])
        new = granted if request["role"] != role or whole else granted - request["scopes"]
        rows, exits = {}, []
        for row, cells in self.rows.items():
            if row[0] not in self.known[device].tables:
                continue
            table = self.schema.tables[row[0]]
            here = self.scopes_of(row, self.rows)
            alive = is_alive(table, cells)
            seq = max((self.entered[s, row] for s in here & granted), default=0)
            asks = any((r, c, status) == (row, LIVE, "open") for (r, c, _), status in self.entries.items())
            if here & granted and table.access(role).get("read") and (
                    seq > request["base"] or (here & new and (alive or asks))):
                known = self.known[device].tables[row[0]].cells
                cells = {c: w for c, w in cells.items() if c == LIVE or c[0] in known}
                rows[row] = self.cut(table, cells, request["floor"], role) if alive else None
            left = any(self.exits.get((s, row), 0) > request["base"] for s in request["scopes"] | granted)
            if not here & granted and (left or here & (request["scopes"] - granted)):
                exits.append(row)
        notices = {}
        for (dot, row, cell), seq in sorted(self.notices.items(), key=lambda n: (n[1], order(self.schema, n[0][1]))):
            if self.devices[dot] != device or seq <= request["base"]:
                continue
            table, cells = self.schema.tables[row[0]], self.rows.get(row)
            if cells is None:
                continue  # forgotten with its row
            may = self.scopes_of(row, self.rows) & granted and (
                cell[0] in table.readable(role) or (cell == LIVE and table.access(role).get("read")))
            other = {d: w for d, w in cells[cell].items() if cell != LIVE or d != dot}
            notices[row, cell, seq] = [shown(table, cell, other)] if may and other else []
        verdicts = [self.verdicts[d] for d in request["seen"] if d in self.verdicts and self.devices[d] == device]
        return Reply(request, self.head, rows, exits, verdicts, notices, dict(self.rights[device]), role, whole,
                     self.history.epoch, self.history.logs[-1])

    def cut(self, table, cells, floor, role):
        """A row as a reply carries it: readable cells, stamped where they are newer than the floor."""
        out, readable = {}, table.readable(role)
        for cell, writes in cells.items():
            if cell != LIVE and cell[0] not in readable:
                continue
            if any(w.seq > floor for w in writes.values()):
                out[cell] = dict(writes)
            else:
                out[cell] = {UNSTAMPED: Write(shown(table, cell, writes), 0, 0)}
        return out
