"""The part of a sync schema that decides how rows merge, read for the conformance oracle.

Shares nothing with the Swift reader; docs/sync-schema.md is what both follow.
"""
import json
import os
import re
from dataclasses import dataclass

EVERYTHING = "*"  # the scope that holds every row
HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass(frozen=True)
class Cell:
    """A column group: what merges as one."""

    id: int
    name: str
    columns: tuple
    policy: str
    defaults: tuple
    writers: tuple | None
    first: tuple
    scale: tuple | None

    def pack(self, values):
        """A group's values as a vector spells them: one value for one column, else a list."""
        return values[0] if len(self.columns) == 1 else list(values)

    def unpack(self, value):
        return (value,) if len(self.columns) == 1 else tuple(value)


class Table:
    def __init__(self, spec):
        self.spec, self.id, self.name, self.key = spec, spec["id"], spec["name"], tuple(spec["key"])
        self.columns = {c["name"]: c for c in sorted(spec["columns"], key=lambda c: c["id"])}
        self.parent = (spec["parent"]["column"], spec["parent"]["table"]) if "parent" in spec else None
        self.delete = spec.get("delete", "update_wins")
        self.append = spec.get("append", False)
        self.give_away = spec.get("giveAway", False)
        self.unique = [tuple(u) for u in spec.get("unique", [])]
        taken, cells = set(self.key), []
        for group in spec.get("groups", []):
            cells.append(self._cell(group["name"], tuple(sorted(group["columns"], key=self._id)), group))
            taken |= set(group["columns"])
        cells += [self._cell(n, (n,), c) for n, c in self.columns.items() if n not in taken]
        self.cells = {c.name: c for c in sorted(cells, key=lambda c: c.id)}
        self.of_column = {column: c for c in cells for column in c.columns}

    def _id(self, column):
        return self.columns[column]["id"]

    def _cell(self, name, columns, spec):
        first = self.columns[columns[0]]
        writers = spec.get("writers", first.get("writers"))
        is_set = spec.get("policy") == "set"
        return Cell(
            self._id(columns[0]), name, columns, spec.get("policy", "immutable" if self.append else "lww"),
            ((),) if is_set else tuple(self.columns[c].get("default") for c in columns),
            None if writers is None else tuple(writers), tuple(spec.get("first", first.get("first", []))),
            tuple(spec["scale"]) if "scale" in spec else None)

    def access(self, role):
        return self.spec.get("access", {}).get(role, {})

    def reads(self, cell, role):
        access = self.access(role)
        return access.get("read", False) and not set(cell.columns) & set(access.get("hidden", []))

    def readable(self, role):
        return {c.name for c in self.cells.values() if self.reads(c, role)}

    def may_write(self, cell, role, inserting):
        access = self.access(role)
        listed = access.get("columns")
        if listed is not None and not set(cell.columns) <= set(listed):
            return False
        if not self.reads(cell, role) and listed is None and access.get("read", False):
            return False
        return cell.writers is None or role in cell.writers or (inserting and role in cell.first)

    def is_default(self, cell, value):
        """Is that what an insert says of a cell to which it gives nothing of its own?"""
        if cell.policy == "set":
            return tuple(value) == ()
        return value == 0 if cell.policy == "counter" else value == cell.pack(cell.defaults)

    def gives(self, role):
        """Cells to which the role may give a value in a new row."""
        return {c.name for c in self.cells.values() if self.may_write(c, role, True)}

    def names(self, what, values):
        """The scopes or homes that a row's own values yield."""
        names = set()
        for template in self.spec.get(what, []):
            some = [""]
            for text, column in re.findall(r"([^{]*)(?:\{([^}]*)\})?", template):
                some = [s + text for s in some]
                if column:
                    found = values[column[5:]] if column.startswith("each ") else [values[column]]
                    some = [s + str(v) for s in some for v in found if v is not None and v != ""]
            names |= set(some)
        return names


class Schema:
    def __init__(self, spec):
        self.spec = spec
        self.tables = {t["name"]: Table(t) for t in spec["tables"]}

    @staticmethod
    def named(name):
        with open(os.path.join(HERE, "schemas", name + ".json"), encoding="utf-8") as file:
            return Schema(json.load(file))


def order(schema, row):
    """Rows stand in the order of (table id, key as deterministic CBOR)."""
    return schema.tables[row[0]].id, b"".join(element_order(v) for v in row[1])


def element_order(value):
    """Values as deterministic CBOR, by which elements of a set stand in order too."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    data = value.encode()
    return _head(3, len(data)) + data


def _head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    size = next(s for s in (1, 2, 4, 8) if n < 1 << 8 * s)
    return bytes([major << 5 | 23 + size.bit_length()]) + n.to_bytes(size, "big")
