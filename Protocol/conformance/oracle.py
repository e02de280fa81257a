"""What the rules say must happen: a hub and its devices as plain values, driven by the steps of a vector.

Written from the rules alone, for comparison with the Swift code, with which it shares nothing. It favours plainness
over speed: hub.py, device.py and cells.py answer every question from scratch.
"""
import copy

from cells import LIVE, values_of
from device import Device
from hub import Hub
from schema import Schema, element_order, order

BEGINNING = 1_700_000_000_000  # milliseconds: the clock before the first step
STEP = 1_000                   # what every step takes


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
            self.hub.grant(name, spec["scopes"], spec["role"], 0)
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
        name = device.name
        self.hub.grant(name, step.get("scopes", self.hub.rights[name]), step.get("role", self.hub.roles[name]), self.now)

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
            self.hub.learn(device.name, request)
            before = {row: (cells.get(LIVE, {}).keys(), self.hub.newest(row)) for row, cells in self.hub.rows.items()}
            said["between"] = [self.do(s) for s in step["between"]]
            for row, (live, newest) in before.items():
                # A life sign that is nobody's news: a page that came before it need not come again.
                if newest == self.hub.newest(row) and live != self.hub.rows[row].get(LIVE, {}).keys():
                    raise Ambiguous(row)
            device.seal(self.now)
            request = device.request()
            verdicts = []
        self.hub.learn(device.name, request)
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
