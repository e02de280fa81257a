"""A device: what its tables show and what it seals, from the rules alone."""
import copy
from dataclasses import replace

from cells import PENDING, Change, Transaction, builds_on, is_alive, merge, standing, values_of
from chains import ZERO, digest
from hub import Hub
from install import Install
from outbox import Outbox
from schema import element_order, order


class Device(Outbox, Install):
    """A device's file. `device` is who its credential says that it is; copies of a file share that."""

    def __init__(self, name, number, spec, schema):
        self.name, self.device, self.skew, self.schema = name, name, spec.get("skew", 0), schema
        self.number, self.hash = number, ZERO  # the replica that it writes as, and H of what that wrote last
        self.epoch, self.log_hash, self.trail = None, ZERO, [(0, ZERO)]
        self.accepted = {}   # own accepted work that a pull has confirmed: hash -> verdict
        self.was_accepted = set()  # hashes of all that ever was among it
        self.lost = {}       # own work whose verdict the hub has lost: hash -> (epoch, seq, effective time)
        self.times = {}      # own work with a verdict that is not believed any more: hash -> effective time
        self.limits = {}     # own work of before a loss: hash -> the base up to which its bases count
        self.again = []      # confirmed work that is to be offered again
        self.is_doubted = False  # a verdict of which the last pull did not tell
        self.waited = set()  # hashes of what others had to offer something for first, until a pull confirms it
        self.brought = {}    # rows that only lost work had brought, and no pull since: row -> hashes of its inserts
        self.unique, self.held = [tuple(u) for u in spec.get("unique", [])], {}
        self.counter = self.base = self.time = 0
        self.scopes, self.role = {}, None
        self.images, self.dead, self.conflicts, self.told = {}, {}, {}, {}
        self.renamed = False  # does an answer call own work otherwise than the pull was asked about it?
        self.pending, self.log, self.known, self.touched, self.sealed = [], [], {}, {}, []

    # -- what its tables show

    def judged(self, row):
        """The own transactions on a row, each with its change, its verdict, and whether it lacks what it builds on."""
        earlier = []
        for tx in self.log:
            change = tx.change(row)
            if change is None:
                continue
            state = None
            for other, other_change, refused in earlier:
                if other in tx.seen:
                    state = standing(state, other_change, other, refused)
            verdict = self.known.get(tx.dot)
            lacks = builds_on(state, change.has("insert")) is not None
            # What was confirmed once is part of the image, until a pull takes it from there.
            is_refused = bool(verdict and verdict.refused) and tx.hash not in self.was_accepted
            earlier.append((tx.dot, change, lacks or is_refused))
            yield tx, change, verdict, lacks

    def overlay(self, row):
        """The own transactions that a row shows beyond its image: pending ones, none that lacks what it builds on."""
        image = self.images.get(row)
        beyond = self.pending + (image.confirmed if image else [])
        for tx, change, verdict, lacks in self.judged(row):
            is_out = lacks or verdict and verdict.refused
            if tx in beyond and not is_out and not (verdict and image and verdict.seq <= image.base):
                yield tx, change, verdict

    def is_doomed(self, row):
        """Does the row hide an insert or a deletion without a verdict, as it lacks what it builds on? Whoever writes there
        now names it as seen, and is refused with it."""
        return any(
            lacks and not verdict and tx in self.pending and (change.has("insert") or change.has("delete"))
            for tx, change, verdict, lacks in self.judged(row))

    def view(self, row):
        """A row's values as the app sees them, or None."""
        if row in self.touched:
            return self.touched[row][1]
        table = self.schema.tables[row[0]]
        cells = copy.deepcopy(self.images[row].cells) if row in self.images else {}
        has_values = bool(cells)
        for tx, change, verdict in self.overlay(row):
            has_values |= change.has("insert")
            if tx.hash in self.limits:  # bases of a history that the hub has lost say nothing of rows as they are now
                change = replace(change, base=min(change.base, self.limits[tx.hash]))
            time = verdict.time if verdict else tx.time
            merge(table, cells, change, tx.dot, tx.seen, PENDING + tx.dot[1], time, table.readable(tx.role),
                  table.gives(tx.role))
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
        # What is known to be refused is not shown any more; confirmed work is, until a pull says otherwise.
        refused = {dot for dot, verdict in self.known.items() if verdict and verdict.refused}
        seen = frozenset(tx.dot for tx in self.pending if tx.dot not in refused) | {tx.dot for tx in self.again}
        dot = (self.number, self.counter)
        tx = Transaction(dot, self.time, self.base, seen, self.role, strict, changes, dot, self.hash, epoch=self.epoch)
        tx.hash = self.hash = digest(tx.previous, dot, tx.time, tx.base, sorted(seen), tx.role, strict, changes, tx.epoch)
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
