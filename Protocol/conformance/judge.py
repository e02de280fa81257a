"""What the hub says of a transaction: refused by which rule, or the rows as they would be."""
import copy
from dataclasses import dataclass

from cells import LIVE, PENDING, Change, builds_on, is_alive, is_concurrent, merge, standing, values_of

GRACE = 30 * 86_400_000  # how long work of before counts after a row left, or a right was taken away


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


class Judge:
    """The half of the hub that judges."""

    def judge(self, device, tx, verdict, envelope, now):
        """The rows as they would be, the rule that forbids it, and the row that it is about."""
        after, merged, gone, role = {}, dict(self.rows), set(), self.roles[device]
        author = self.author(device, tx, now)
        for change in tx.changes:
            table = self.schema.tables[change.row[0]]
            if envelope:
                change.lost = self.history.had_seen(tx, change, self.rows.get(change.row, {}))
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
            if envelope:
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

    def author(self, device, tx, now):
        replica = tx.dot[0]
        writable, readable = (self.standing_in(device, replica, right, now) for right in "wr")
        # Work of before a change of role is judged by the role of then.
        roles = {self.changes[device][at].role for at in self.counting(device, replica, now)}
        return Author(device, tx.role if tx.role in roles else self.roles[device], writable, set(readable),
                      self.knowledge(device, replica)[0], now - GRACE)

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

    def stands_on_refused(self, author, tx, row, inserts):
        state = None
        for other, verdict in self.log:
            if other.dot in tx.seen and self.devices[other.dot] == author.device and other.change(row):
                state = standing(state, other.change(row), other.dot, bool(verdict.refused))
        return builds_on(state, inserts)
