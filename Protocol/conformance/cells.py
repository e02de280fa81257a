"""Writes, transactions, and what the cells of a row make of them: the merge, from the rules alone.

A row is a dictionary of cells, and a cell the set of its live writes.
"""
from dataclasses import dataclass, field

from schema import element_order

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
    original: int = 0               # at the hub: the base that its author gave, in the history of then
    lost: frozenset = frozenset()   # at the hub: dots that the author had seen in a history that was lost

    def has(self, *kinds):
        return any(op["op"] in kinds for op in self.ops)

    def is_lowered(self):
        """At the hub: does its base say something in another history alone?"""
        return self.original > self.base


@dataclass
class Transaction:
    dot: tuple
    time: int
    base: int
    seen: frozenset
    role: str
    strict: bool
    changes: list
    sealed: tuple = ()              # the dot in its bytes, where copies of a file know it by another
    previous: bytes = b""
    hash: bytes = b""
    epoch: object = None

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
    hash: bytes = b""                          # of the transaction
    seen: frozenset = frozenset()              # what its author had seen, by the hub's names


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
    if spec.policy == "last_non_null":
        ranked = [i for i in ranked if any(v is not None for v in spec.unpack(i[1].value))] or ranked
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


def effects(table, op, cells, gives):
    """(cell, value, covers) for each cell that an operation writes; the value None only covers.

    gives: the cells to which the author's role may give a value in a new row; a default elsewhere is nobody's value.
    """
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
        elif (name not in gives and table.is_default(spec, value)) or (spec.policy == "counter" and value == 0) or (
                spec.policy == "immutable" and all(v is None for v in spec.unpack(value))):
            out.append(((name, None), None, True))
        else:
            out.append(((name, None), [value], True))
    return out


def merge(table, cells, change, dot, seen, seq, time, readable, gives):
    """Merges a change into a row's cells: covered writes leave, the new one joins."""
    for op in change.ops:
        for cell, value, covers in effects(table, op, cells, gives):
            live = cells.setdefault(cell, {})
            if covers and (cell == LIVE or cell[0] in readable):
                for other in [d for d in live if d != dot]:
                    if live[other].seq <= change.base or other in seen:
                        del live[other]
            if value is not None:
                live[dot] = Write(value[0] if isinstance(value, list) else value, time, seq)
            if not live:
                del cells[cell]


def is_concurrent(table, cells, change, tx, readable, gives):
    """Would a change find a live write, in a cell that it writes, that its author had not seen? Two that both say that
    the row lives do not count: every update says so."""
    for op in change.ops:
        for cell, value, _ in effects(table, op, cells, gives):
            if cell != LIVE and cell[0] not in readable:
                continue  # whether anybody wrote there is not for the author to learn
            for dot, write in cells.get(cell, {}).items():
                if cell == LIVE and write.value == "alive" == value:
                    continue
                if dot != tx.dot and not (write.seq <= change.base or dot in tx.seen | change.lost):
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
