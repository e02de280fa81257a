"""What the rules say must happen: a hub and its devices as plain values, driven by the steps of a vector.

Written from the rules alone, for comparison with the Swift code, with which it shares nothing. It favours plainness
over speed: rows are dictionaries, a cell is the set of its live writes, and every question is answered from scratch.
"""
import copy
from dataclasses import dataclass, field

from schema import Schema, element_order, order

BEGINNING = 1_700_000_000_000  # milliseconds: the clock before the first step
STEP = 1_000                   # what every step takes
LEAD = 300_000                 # how far ahead of the hub's clock an effective time may lie
LIVE = ("_live", None)
UNSTAMPED = (0, 0)             # the dot of a write that a device holds without its stamp
PENDING = 1 << 53              # later than every seq


@dataclass
class Write:
    value: object
    time: int
    seq: int


@dataclass
class Change:
    """What one transaction does to one row."""

    row: tuple
    base: int
    ops: list
    parent_base: int | None = None  # what was known of the parent that it names, where that is not the header's base

    def has(self, *kinds):
        return any(op["op"] in kinds for op in self.ops)


@dataclass
class Transaction:
    dot: tuple
    time: int
    base: int
    seen: frozenset
    role: str
    strict: bool
    changes: list

    def change(self, row):
        return next((c for c in self.changes if c.row == row), None)


@dataclass
class Verdict:
    dot: tuple
    seq: int
    time: int
    role: str
    refused: str | None = None
    signs: list = field(default_factory=list)  # parents of which it said that they live, and what it knew of them


# ------------------------------------------------------------------------------------------------ cells and rows

def shown(table, cell, writes):
    """What a cell shows: a pure function of its live writes. None for a cell that nobody wrote."""
    name, element = cell
    if not writes:
        return None
    values = [w.value for w in writes.values()]
    if cell == LIVE:
        if table.delete == "delete_wins":
            return "dead" if "dead" in values else "alive"
        return "alive" if "alive" in values else "dead"
    if element is not None:
        return "in" if "in" in values else "out"
    spec = table.cells[name]
    if spec.policy == "counter":
        return sum(values)
    ranked = sorted(writes.items(), key=lambda item: (item[1].time, item[0]))
    if spec.policy == "immutable":
        return ranked[0][1].value
    if spec.policy in ("max", "min"):
        sign = 1 if spec.policy == "max" else -1

        def rank(item):
            value = item[1].value
            if value is None:
                return (0, 0)
            return (1, sign * (spec.scale.index(value) if spec.scale else value))
        return max(ranked, key=rank)[1].value
    return ranked[-1][1].value


def is_alive(table, cells):
    return shown(table, LIVE, cells.get(LIVE, {})) == "alive"


def values_of(table, row, cells):
    """Every column's value, dead or alive."""
    values = dict(zip(table.key, row[1]))
    for spec in table.cells.values():
        if spec.policy == "set":
            there = [c[1] for c, w in cells.items() if c[0] == spec.name and shown(table, c, w) == "in"]
            values[spec.columns[0]] = tuple(sorted(there, key=element_order))
            continue
        value = shown(table, (spec.name, None), cells.get((spec.name, None), {}))
        if spec.policy == "counter":
            values[spec.columns[0]] = spec.defaults[0] + (value or 0)
        elif not cells.get((spec.name, None)):
            values.update(zip(spec.columns, spec.defaults))
        else:
            values.update(zip(spec.columns, spec.unpack(value)))
    return values


def effects(table, op, cells):
    """(cell, value, covers) for each cell that an operation writes; the value None only covers."""
    kind = op["op"]
    alive = [(LIVE, "alive", True)]
    if kind == "delete":
        return [(LIVE, "dead", True)]
    if kind == "touch":
        return alive
    if kind == "set":
        return alive + [((op["cell"], None), [op["value"]], True)]
    if kind == "inc":
        return alive + [((op["cell"], None), [op["value"]], False)]
    if kind in ("in", "out"):
        return alive + [((op["cell"], op["element"]), [kind], True)]
    out = list(alive)
    for name, value in op["cells"].items():
        spec = table.cells[name]
        if spec.policy == "set":
            known = {c[1] for c in cells if c[0] == name} - set(value)
            out += [((name, e), None, True) for e in sorted(known, key=element_order)]
            out += [((name, e), ["in"], True) for e in value]
        elif (spec.policy == "counter" and value == 0) or (
                spec.policy == "immutable" and all(v is None for v in spec.unpack(value))):
            out.append(((name, None), None, True))
        else:
            out.append(((name, None), [value], True))
    return out


def merge(table, cells, change, dot, seen, seq, time, readable):
    """Merges a change into a row's cells: covered writes leave, the new one joins."""
    for op in change.ops:
        for cell, value, covers in effects(table, op, cells):
            live = cells.setdefault(cell, {})
            if covers and (cell == LIVE or cell[0] in readable):
                for other in [d for d in live if d != dot]:
                    if live[other].seq <= change.base or other in seen:
                        del live[other]
            if value is not None:
                live[dot] = Write(value[0] if isinstance(value, list) else value, time, seq)
            if not live:
                del cells[cell]


def is_concurrent(table, cells, change, tx, readable):
    """Would a change find a live write, in a cell that it writes, that its author had not seen? Two that both say that
    the row lives do not count: every update says so."""
    for op in change.ops:
        for cell, value, _ in effects(table, op, cells):
            for dot, write in cells.get(cell, {}).items():
                if cell == LIVE and write.value == "alive" == value:
                    continue
                known = write.seq <= change.base or dot in tx.seen
                if dot != tx.dot and not (known and (cell == LIVE or cell[0] in readable)):
                    return True
    return False


def standing(before, change, dot, refused):
    """The refused insert or delete that the next operation on the row would build on, if there is one."""
    kind = "insert" if change.has("insert") else "delete" if change.has("delete") else None
    if kind is None:
        return before
    if not refused:
        return None
    if before and before[0] == "insert" and kind == "delete":
        return before
    return kind, dot


def builds_on(state, inserts):
    return state[1] if state and state[0] == ("delete" if inserts else "insert") else None


# --------------------------------------------------------------------------------------------------------- hub

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


class Hub:
    def __init__(self, schema):
        self.schema, self.rows, self.log, self.verdicts = schema, {}, [], {}
        self.rights, self.roles, self.devices = {}, {}, {}
        self.known = {}  # what each device's schema, which may be an older version, knows of tables and cells
        self.entered, self.exits, self.entries, self.notices = {}, {}, {}, {}

    @property
    def head(self):
        return len(self.log)

    def scopes(self, device, right):
        return {s for s, rights in self.rights[device].items() if right in rights}

    def place(self, what, row, rows, writing=None):
        """Scopes or homes of a row, its own or those of the parent that it follows."""
        table, cells = self.schema.tables[row[0]], rows.get(row)
        if cells is None:
            return set()
        values = values_of(table, row, cells)
        if table.parent is None:
            return table.names(what, values)
        above = values[table.parent[0]]
        return set() if above is None else self.place(what, (table.parent[1], (above,)), rows)

    # -- accepting

    def accept(self, device, tx, now):
        if tx.dot in self.verdicts:
            return self.verdicts[tx.dot]
        time = min(tx.time, (now + LEAD) << 16)
        verdict = Verdict(tx.dot, self.head + 1, time, self.roles[device])
        after, verdict.refused = self.judge(device, tx, verdict)
        self.verdicts[tx.dot] = verdict
        self.devices[tx.dot] = device
        self.log.append((tx, verdict))
        if not verdict.refused:
            self.commit(tx, after, verdict.seq)
        return verdict

    def judge(self, device, tx, verdict):
        after, merged, role = {}, dict(self.rows), self.roles[device]
        writable = self.scopes(device, "w")
        for change in tx.changes:
            table = self.schema.tables[change.row[0]]
            why = self.refuses(device, tx, change, table, writable)
            if why:
                return after, why
            cells = copy.deepcopy(self.rows.get(change.row, {}))
            readable = table.readable(tx.role) & table.readable(role)
            if tx.strict and is_concurrent(table, cells, change, tx, readable):
                return after, "strict_concurrent"
            merge(table, cells, change, tx.dot, tx.seen, verdict.seq, verdict.time, readable)
            after[change.row] = merged[change.row] = cells
            if named := self.named_parent(table, change):
                base = tx.base if change.parent_base is None else change.parent_base
                self.sign_life(tx, named, base, after, merged, verdict)
        for change in tx.changes:
            why = self.misplaced(tx, change, merged, writable)
            if why:
                return after, why
        return after, "unique_taken" if self.takes_unique(after, merged) else None

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
        merge(table, cells, touch, tx.dot, tx.seen, verdict.seq, verdict.time, set())
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

    def refuses(self, device, tx, change, table, writable):
        inserts = change.has("insert")
        if self.stands_on_refused(tx, change.row, inserts):
            return "depends_on_refused"
        cells = self.rows.get(change.row)
        if cells is None:
            return self.ill_formed(table, change, self.roles[device]) if inserts else "row_unknown"
        if not self.place("homes", change.row, self.rows) & writable and not self.late(tx, change, writable):
            return "key_unavailable" if inserts else "not_writable"
        why = self.ill_formed(table, change, self.roles[device])
        if why:
            return why
        if inserts and table.append:
            return "append_only"
        for op in change.ops:
            if op["op"] == "set" and table.cells[op["cell"]].policy == "immutable":
                for dot, write in cells.get((op["cell"], None), {}).items():
                    is_value = any(v is not None for v in table.cells[op["cell"]].unpack(write.value))
                    if is_value and write.value != op["value"] and (write.seq <= change.base or dot in tx.seen):
                        return "immutable"
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
                default = () if spec.policy == "set" else 0 if spec.policy == "counter" else spec.pack(spec.defaults)
                if inserting and (tuple(value) if spec.policy == "set" else value) == default:
                    continue
                if not table.may_write(spec, role, inserting):
                    return "column_not_writable"
        return None

    @staticmethod
    def fits(column, value):
        if value is None:
            return not column.get("required", False)
        return "values" not in column or value in column["values"]

    def misplaced(self, tx, change, merged, writable):
        table = self.schema.tables[change.row[0]]
        named = self.named_parent(table, change)
        if named:
            own = tx.change(named)
            if not (own and own.has("insert")) and self.stands_on_refused(tx, named, False):
                return "depends_on_refused"
        homes = self.place("homes", change.row, merged)
        if not homes:
            return "no_scope"
        if not change.has("insert"):
            return None
        if table.parent is None:
            fresh = {}
            merge(table, fresh, change, tx.dot, frozenset(), 0, 0, set())
            homes = table.names("homes", values_of(table, change.row, fresh))
        else:
            above = values_of(table, change.row, merged[change.row])[table.parent[0]]
            parent = (table.parent[1], (above,))
            homes = self.place("homes", parent, merged) | self.place("homes", parent, self.rows)
            if parent in self.rows and self.left(parent, tx.base, writable):
                return None
        return None if homes & writable else "not_writable"

    @staticmethod
    def named_parent(table, change):
        if table.parent is None:
            return None
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

    def left(self, row, base, scopes):
        return any(self.exits.get((s, row), 0) > base for s in scopes)

    def late(self, tx, change, writable):
        """Was the row writable when its author wrote? The hub's exits say so."""
        base = change.base
        if base == 0:
            own = [v.seq for t, v in self.log if t.dot in tx.seen and not v.refused
                   and t.change(change.row) and t.change(change.row).has("insert")]
            if not own:
                return False
            base = max(own)
        return self.left(change.row, base, writable)

    def newest(self, row):
        return max((seq for (_, other), seq in self.entered.items() if other == row), default=0)

    def stands_on_refused(self, tx, row, inserts):
        state = None
        for other, verdict in self.log:
            if other.dot in tx.seen and other.change(row):
                state = standing(state, other.change(row), other.dot, bool(verdict.refused))
        return builds_on(state, inserts)

    def commit(self, tx, after, seq):
        were = {row: self.place("scopes", row, self.rows) for row in self.rows}
        old = {row: self.rows.get(row, {}) for row in after}
        self.rows.update(after)
        # A life sign is nobody's news unless it brought a row back, or opened or closed a question.
        after = {row: cells for row, cells in after.items() if tx.change(row) or self.is_news(row, old[row], cells)}
        for row in self.rows:
            was, now = were.get(row, set()), self.place("scopes", row, self.rows)
            for scope in was - now:
                self.exits[scope, row] = seq
                del self.entered[scope, row]
            for scope in now if row in after else now - was:
                self.entered[scope, row] = seq
        for row, cells in after.items():
            for cell, writes in cells.items():
                if writes != old[row].get(cell):
                    self.settle(tx, row, cell, writes, seq)

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
        if policy in ("lww", "immutable", "authority"):
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
        new = granted if request["role"] != role else granted - request["scopes"]
        rows, exits = {}, []
        for row, cells in self.rows.items():
            if row[0] not in self.known[device].tables:
                continue
            table = self.schema.tables[row[0]]
            here = self.place("scopes", row, self.rows)
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
            table, cells = self.schema.tables[row[0]], self.rows[row]
            may = self.place("scopes", row, self.rows) & granted and (
                cell[0] in table.readable(role) or (cell == LIVE and table.access(role).get("read")))
            other = {d: w for d, w in cells[cell].items() if cell != LIVE or d != dot}
            notices[row, cell, seq] = [shown(table, cell, other)] if may and other else []
        verdicts = [self.verdicts[d] for d in request["seen"] if d in self.verdicts]
        return Reply(request, self.head, rows, exits, verdicts, notices, dict(self.rights[device]), role)

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


# ------------------------------------------------------------------------------------------------------ device

@dataclass
class Image:
    """A confirmed row. `left`: it is in no scope of the device any more, and waits for verdicts on work of its own."""

    cells: dict
    base: int
    left: bool = False
    confirmed: list = field(default_factory=list)  # own accepted transactions that a row that left goes on showing


class Device:
    def __init__(self, name, number, spec, schema):
        self.name, self.number, self.skew, self.schema = name, number, spec.get("skew", 0), schema
        self.unique, self.held = [tuple(u) for u in spec.get("unique", [])], {}
        self.counter = self.base = self.time = 0
        self.scopes, self.role = {}, None
        self.images, self.dead, self.conflicts, self.told = {}, {}, {}, {}
        self.pending, self.log, self.known, self.touched, self.sealed = [], [], {}, {}, []

    # -- what its tables show

    def overlay(self, row):
        """The own transactions that a row shows beyond its image: pending ones, none that lacks what it builds on."""
        image, judged = self.images.get(row), []
        beyond = self.pending + (image.confirmed if image else [])
        for tx in self.log:
            change = tx.change(row)
            if change is None:
                continue
            state = None
            for other, other_change, refused in judged:
                if other in tx.seen:
                    state = standing(state, other_change, other, refused)
            verdict = self.known.get(tx.dot)
            refused = bool(verdict and verdict.refused) or builds_on(state, change.has("insert")) is not None
            judged.append((tx.dot, change, refused))
            if tx in beyond and not refused and not (verdict and image and verdict.seq <= image.base):
                yield tx, change, verdict

    def is_doomed(self, row):
        """Does a write to the row build on something that this device knows to be refused and has not yet confirmed?"""
        state = None
        for tx in self.pending:
            if change := tx.change(row):
                verdict = self.known.get(tx.dot)
                refused = bool(verdict and verdict.refused) or builds_on(state, change.has("insert")) is not None
                state = standing(state, change, tx.dot, refused)
        return state is not None

    def view(self, row):
        """A row's values as the app sees them, or None."""
        if row in self.touched:
            return self.touched[row][1]
        table = self.schema.tables[row[0]]
        cells = copy.deepcopy(self.images[row].cells) if row in self.images else {}
        has_values = bool(cells)
        for tx, change, verdict in self.overlay(row):
            has_values |= change.has("insert")
            time = verdict.time if verdict else tx.time
            merge(table, cells, change, tx.dot, tx.seen, PENDING + tx.dot[1], time, table.readable(tx.role))
        return values_of(table, row, cells) if has_values and is_alive(table, cells) else None

    def visible(self):
        rows = set(self.images) | set(self.touched) | {c.row for tx in self.pending for c in tx.changes}
        return {row: values for row in rows if (values := self.view(row)) is not None}

    # -- writing

    def touch(self, row, after):
        if row not in self.touched:
            self.touched[row] = (self.view(row), None)
        self.touched[row] = (self.touched[row][0], after)

    def row_base(self, row):
        """The seq at which the image of the row was valid (rule 6)."""
        if row in self.images:
            return self.images[row].base
        own = any(change.has("insert") for _, change, _ in self.overlay(row))
        return 0 if own else self.dead.get(row, 0)

    def seal(self, now, resolving=None, strict=False):
        changes = []
        for row in sorted(set(self.touched) | set(resolving or {}), key=lambda r: order(self.schema, r)):
            before, after = self.touched.get(row) or (self.view(row),) * 2
            ops = self.difference(self.schema.tables[row[0]], before, after, (resolving or {}).get(row))
            if ops:
                changes.append(Change(row, self.row_base(row), ops))
        if not changes:
            self.touched = {}
            return
        for change in changes:
            change.parent_base = self.parent_base(change)
        self.touched = {}
        self.time = max(self.time + 1, (now + self.skew) << 16)
        self.counter += 1
        seen = frozenset(tx.dot for tx in self.pending)
        tx = Transaction((self.number, self.counter), self.time, self.base, seen, self.role, strict, changes)
        self.pending.append(tx)
        self.log.append(tx)
        self.sealed.append(tx)

    def parent_base(self, change):
        """What this device knows of the parent that a change names; None where the header's base says it."""
        parent = Hub.named_parent(self.schema.tables[change.row[0]], change)
        if parent is None or self.schema.tables[parent[0]].delete == "never":
            return None
        is_new = self.touched.get(parent, (None, None))[1] is not None  # this transaction's own insert, or an update
        if is_new and parent not in self.images and not any(tx.change(parent) for tx in self.pending):
            return None
        base = self.row_base(parent)
        return base if base < self.base else None

    def difference(self, table, before, after, resolving):
        """The net effect, at most one operation a cell. `resolving`: (cell, the entry's seq, the choice)."""
        note = {"resolves": resolving[1]} if resolving else {}
        if before is None and after is None:
            if not resolving or resolving[0] != "_live":
                return []
            return [{"op": "touch" if resolving[2] == "alive" else "delete", **note}]
        if after is None:
            return [{"op": "delete", **(note if resolving and resolving[0] == "_live" else {})}]
        if before is None:
            cells = {}
            for spec in table.cells.values():
                values = tuple(after[c] for c in spec.columns)
                if not table.reads(spec, self.role) and values == tuple(spec.defaults):
                    continue
                cells[spec.name] = values[0] - spec.defaults[0] if spec.policy == "counter" else spec.pack(values)
            return [{"op": "insert", "cells": cells}]
        ops = [{"op": "touch", **note}] if resolving and resolving[0] == "_live" else []
        for spec in table.cells.values():
            was, now = (tuple(v[c] for c in spec.columns) for v in (before, after))
            forced = note if resolving and resolving[0] == spec.name else {}
            if was == now and not forced:
                continue
            if spec.policy == "counter":
                ops.append({"op": "inc", "cell": spec.name, "value": now[0] - was[0]})
            elif spec.policy == "set":
                for element in sorted(set(was[0]) ^ set(now[0]), key=element_order):
                    ops.append({"op": "in" if element in now[0] else "out", "cell": spec.name, "element": element})
            else:
                ops.append({"op": "set", "cell": spec.name, "value": spec.pack(now), **forced})
        return ops

    # -- syncing

    def floor(self, exact=False):
        """The least base that pending work or a row that left may still need stamps for.

        While a row is shown by own work alone the floor is 0; `exact` takes the operation's own base, which is not 0
        where the row was known to have died.
        """
        bases = [self.base] + [c.base for tx in self.pending for c in tx.changes]
        bases += [image.base for row, image in self.images.items() if image.left or row in self.held]
        alone = any(c.row not in self.images for tx in self.pending for c in tx.changes)
        return 0 if alone and not exact else min(bases)

    def request(self):
        readable = {s for s, rights in self.scopes.items() if "r" in rights}
        return dict(base=self.base, scopes=readable, role=self.role, floor=self.floor(), exact=self.floor(exact=True),
                    seen=[tx.dot for tx in self.pending])

    def fits(self, request):
        """Does a reply to this request still fit? None where an implementation may say either."""
        now = self.request()
        if any(request[what] != now[what] for what in ("base", "scopes", "role")):
            return False
        answers = {request["floor"] <= now["floor"], request["exact"] <= now["exact"]}
        return answers.pop() if len(answers) == 1 else None

    def learn(self, verdicts, now):
        self.seal(now)
        for verdict in verdicts:
            self.known[verdict.dot] = verdict

    def install(self, reply, now):
        self.seal(now)
        if not self.fits(reply.request):
            return False
        self.known.update((v.dot, v) for v in reply.verdicts)
        done = {v.dot for v in reply.verdicts}
        busy = {c.row for tx in self.pending if tx.dot not in done for c in tx.changes}
        refused = {}
        for row, cells in sorted(reply.rows.items(), key=lambda item: order(self.schema, item[0])):
            if cells is None:
                self.leave(row, busy)
                self.dead[row] = reply.head
                continue
            self.dead.pop(row, None)
            image = Image(copy.deepcopy(cells), reply.head)
            if not self.place(row, image, ()):
                refused[row] = image
            for writes in cells.values():
                self.time = max([self.time] + [w.time for w in writes.values()])
        for row in reply.exits:
            self.leave(row, busy)
        # Refused rows are tried again with all of them out of the way; what still does not fit keeps its older image.
        waiting = {**{r: Image(i.cells, reply.head) for r, i in self.held.items()}, **refused}
        for row in sorted(waiting, key=lambda r: order(self.schema, r)):
            out = [other for other in waiting if order(self.schema, other) > order(self.schema, row)]
            if not self.place(row, waiting[row], out):
                self.held[row] = waiting[row]
        for row, image in list(self.images.items()):
            if row in self.held:
                continue
            if not image.left:
                image.base = reply.head
            elif row not in busy:
                del self.images[row]
        for tx in [tx for tx in self.pending if tx.dot in done]:
            self.pending.remove(tx)
            if self.known[tx.dot].refused:
                continue
            for change in tx.changes:
                if change.row not in busy:
                    continue
                if change.row not in self.images and change.has("insert"):
                    self.images[change.row] = Image({}, 0, left=True)
                if change.row in self.images and self.images[change.row].left:
                    self.images[change.row].confirmed.append(tx)
        self.told.update(reply.notices)
        self.base, self.scopes, self.role = reply.head, reply.granted, reply.role
        return True

    def place(self, row, image, out):
        """Puts a confirmed image in its place, unless this device's own constraints refuse what the row would show."""
        before = self.images.get(row)
        self.images[row] = image
        values = self.view(row)
        for table, *columns in self.unique:
            if row[0] != table or values is None or any(values[c] is None for c in columns):
                continue
            for other, shown_values in self.visible().items():
                if other[0] == table and other != row and other not in out and all(
                        shown_values[c] == values[c] for c in columns):
                    self.images[row] = before
                    if before is None:
                        del self.images[row]
                    return False
        self.held.pop(row, None)
        return True

    def leave(self, row, busy):
        image = self.images.get(row)
        self.held.pop(row, None)
        self.conflicts.pop(row, None)
        if image and row in busy:
            image.left = True
        else:
            self.images.pop(row, None)


# ------------------------------------------------------------------------------------------------------- world

class Ambiguous(Exception):
    """An implementation may show either of two things: what the story leads to is left open."""


class World:
    """Plays a vector's steps. `do` completes a step with what must be observed after it."""

    def __init__(self, schema, devices):
        self.schema = schema if isinstance(schema, Schema) else Schema(schema)
        self.hub, self.now, self.devices, self.kept, self.shown = Hub(self.schema), BEGINNING, {}, {}, {}
        for number, (name, spec) in enumerate(sorted(devices.items()), 1):
            own = Schema.named(spec["schema"]) if "schema" in spec else self.schema
            self.devices[name] = Device(name, number, spec, own)
            self.hub.known[name] = own
            self.hub.rights[name], self.hub.roles[name] = dict(spec["scopes"]), spec["role"]
            self.shown[name] = {}
        for name, device in self.devices.items():
            device.scopes, device.role = dict(self.hub.rights[name]), self.hub.roles[name]
        self.names = {d.number: d.name for d in self.devices.values()}

    def dot(self, dot):
        return f"{self.names[dot[0]]}:{dot[1]}"

    @staticmethod
    def row_name(row):
        return row[0] + " " + "/".join(map(str, row[1]))

    @staticmethod
    def cell_name(cell):
        return cell[0] if cell[1] is None else f"{cell[0]}:{cell[1]}"

    def do(self, step):
        self.now += STEP
        name = step.get("on")
        device = self.devices.get(name)
        said = {}
        getattr(self, "do_" + step["do"])(step, device, said)
        if device and step["do"] != "grant":
            if device.sealed:
                said["sealed"] = [self.spell(tx) for tx in device.sealed]
                device.sealed = []
            now = {self.row_name(r): self.spell_values(v) for r, v in device.visible().items()}
            changed = {r: now.get(r) for r in sorted(set(now) | set(self.shown[name]))
                       if now.get(r) != self.shown[name].get(r)}
            if changed:
                said["shows"] = changed
            self.shown[name] = now
        return said

    @staticmethod
    def spell_values(values):
        return {c: list(v) if isinstance(v, tuple) else v for c, v in values.items()}

    def spell(self, tx):
        def plain(op):
            op = dict(op)
            if op["op"] == "insert":
                op["cells"] = {n: list(v) if isinstance(v, tuple) else v for n, v in op["cells"].items()}
            return op
        out = {"dot": self.dot(tx.dot), "role": tx.role, "base": tx.base, "seen": [self.dot(d) for d in sorted(tx.seen)],
               "time": [tx.time >> 16, tx.time & 0xFFFF]}
        if tx.strict:
            out["strict"] = True
        out["rows"] = [{"row": self.row_name(c.row), "base": c.base,
                        **({} if c.parent_base is None else {"parentBase": c.parent_base}),
                        "ops": [plain(o) for o in c.ops]} for c in tx.changes]
        return out

    def spell_verdict(self, v):
        return {"dot": self.dot(v.dot), "seq": v.seq, "time": [v.time >> 16, v.time & 0xFFFF], "as": v.role,
                **({"refused": v.refused} if v.refused else {}),
                **({"signs": [[self.row_name(r), b] for r, b in v.signs]} if v.signs and not v.refused else {})}

    # -- steps

    def do_clock(self, step, device, said):
        self.now += step["forward"]

    def do_grant(self, step, device, said):
        if "scopes" in step:
            self.hub.rights[device.name] = dict(step["scopes"])
        if "role" in step:
            self.hub.roles[device.name] = step["role"]

    def do_write(self, step, device, said):
        foreign = step.get("foreign", False)
        if not foreign:
            device.seal(self.now)
        for item in step["rows"]:
            table = self.schema.tables[item["table"]]
            row = (item["table"], tuple(item["key"]))
            was = device.view(row)
            if "row" in item and item["row"] is None:
                device.touch(row, None)
                continue
            after = dict(was) if was else values_of(table, row, {})
            for column, value in item.get("row", {}).items():
                is_set = table.of_column[column].policy == "set"
                after[column] = tuple(sorted(value, key=element_order)) if is_set else value
            for column, value in item.get("add", {}).items():
                after[column] += value
            device.touch(row, after)
        if not foreign:
            device.seal(self.now, strict=step.get("strict", False))

    def do_resolve(self, step, device, said):
        device.seal(self.now)
        table, row = self.schema.tables[step["table"]], (step["table"], tuple(step["key"]))
        cell = step["cell"]
        entry = device.conflicts[row][(cell, None)]
        values = device.view(row)
        if cell == "_live":
            if values is not None:
                device.touch(row, None if step["choice"] == "dead" else values)
        else:
            spec = table.cells[cell]
            device.touch(row, {**values, **dict(zip(spec.columns, spec.unpack(step["choice"])))})
        device.seal(self.now, resolving={row: (cell, entry, step["choice"])})

    def judge(self, step, device, said, most=None):
        unsent = [tx for tx in device.pending if tx.dot not in device.known][:most]
        verdicts = [self.hub.accept(device.name, tx, self.now) for tx in unsent]
        if verdicts:
            said["verdicts"] = [self.spell_verdict(v) for v in verdicts]
        return verdicts

    def do_push(self, step, device, said):
        device.seal(self.now)
        verdicts = self.judge(step, device, said, step.get("most"))
        if step.get("reply") != "lost":
            device.learn(verdicts, self.now)

    def do_pull(self, step, device, said):
        self.round_trip(step, device, said, [])

    def do_sync(self, step, device, said):
        self.round_trip(step, device, said, None)

    def round_trip(self, step, device, said, verdicts):
        device.seal(self.now)
        request = device.request()
        if verdicts is None:
            verdicts = self.judge(step, device, said)
        if "between" in step:
            device.learn(verdicts, self.now)
            before = {row: (cells.get(LIVE, {}).keys(), self.hub.newest(row)) for row, cells in self.hub.rows.items()}
            said["between"] = [self.do(s) for s in step["between"]]
            for row, (live, newest) in before.items():
                # A life sign that is nobody's news: a page that came before it need not come again.
                if newest == self.hub.newest(row) and live != self.hub.rows[row].get(LIVE, {}).keys():
                    raise Ambiguous(row)
            device.seal(self.now)
            request = device.request()
            verdicts = []
        answer = (verdicts, self.hub.reply(device.name, request), self.entries_for(device.name))
        how = step.get("reply")
        if how == "later":
            self.kept[device.name] = copy.deepcopy(answer)
        if how is None:
            said["installed"] = self.deliver(device, answer)

    def do_deliver(self, step, device, said):
        said["installed"] = self.deliver(device, self.kept[device.name])

    def deliver(self, device, answer):
        verdicts, reply, entries = copy.deepcopy(answer)
        device.learn(verdicts, self.now)
        if not device.install(reply, self.now):
            return False
        for row, cells in reply.rows.items():
            device.conflicts.pop(row, None)
            asked = {c: o for c, o in entries.get(row, {}).items() if cells is not None or c == LIVE}
            if asked:
                device.conflicts[row] = asked
        return device.base

    def entries_for(self, name):
        """row → cell → the seq at which its open entry opened, of what the device's role reads."""
        out = {}
        for row, cell, opened in self.hub.open_entries():
            table = self.hub.known[name].tables.get(row[0])
            if table and (cell == LIVE or cell[0] in table.readable(self.hub.roles[name])):
                out.setdefault(row, {})[cell] = opened
        return out

    # -- what a person wrote down

    def must(self, facts):
        """Holds the facts that a directed vector states in a person's words against the end of its steps."""
        end = self.end()
        for fact in facts:
            (kind, said), = fact.items()
            if kind == "shows":
                name, row, columns = said
                found = self.shown[name].get(row)
                got = found if columns is None or found is None else {c: found[c] for c in columns}
                ok = got == columns
            elif kind == "live":
                row, cell, values = said
                got = sorted(end["cells"].get(row, {}).get(cell, {}).values(), key=str)
                ok = got == sorted(values, key=str)
            elif kind == "entries":
                got = sorted(e[:2] for e in end["entries"])
                ok = got == sorted(said)
            elif kind == "notices":
                got = sorted(n[:2] for n in end["inbox"][said[0]]["notices"])
                ok = got == sorted(said[1])
            elif kind == "refused":
                got = {self.dot(v.dot): v.refused for v in self.hub.verdicts.values() if v.refused}
                ok = got == said
            elif kind == "head":
                got = self.hub.head
                ok = got == said
            else:
                raise ValueError(f"an unknown kind of fact: {kind}")
            assert ok, f"{fact} but got {got}"

    # -- the end

    def end(self):
        """What hub and devices must hold after the last step."""
        rows = sorted(self.hub.rows, key=lambda r: order(self.schema, r))
        cells = {self.row_name(r): {self.cell_name(c): {self.dot(d): w.value for d, w in sorted(ws.items())}
                                    for c, ws in sorted(self.hub.rows[r].items(), key=str)} for r in rows}
        inbox = {}
        for name, device in self.devices.items():
            conflicts = sorted([self.row_name(r), self.cell_name(c), opened]
                               for r, found in device.conflicts.items() for c, opened in found.items())
            notices = sorted(([self.row_name(r), self.cell_name(c), seq, *top]
                              for (r, c, seq), top in device.told.items()), key=str)
            refused = sorted(self.dot(v.dot) for v in device.known.values() if v.refused)
            inbox[name] = {"conflicts": conflicts, "notices": notices, "refused": refused}
        entries = [[self.row_name(r), self.cell_name(c), o] for r, c, o in self.hub.open_entries()]
        return {"head": self.hub.head, "cells": cells, "entries": entries, "inbox": inbox}
