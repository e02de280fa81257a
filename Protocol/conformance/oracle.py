"""What the rules say must happen: a hub and its devices as plain values, driven by the steps of a vector.

Written from the rules alone, for comparison with the Swift code, with which it shares nothing. It favours plainness
over speed: hub.py, device.py and cells.py answer every question from scratch.
"""
import copy
from dataclasses import replace
from itertools import islice

from cells import LIVE, is_alive, values_of
from chains import OutOfOrder, fork_name
from device import Device
from hub import Hub
from schema import EVERYTHING, Schema, element_order, order

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
            self.devices[name].fresh = self.fresh(name)
        for name, device in self.devices.items():
            device.epoch = self.hub.history.epoch
            device.scopes, device.role = dict(self.hub.rights[name]), self.hub.roles[name]
        self.names = {d.number: d.name for d in self.devices.values()}
        self.backups = {}

    def fresh(self, name):
        """Where a file draws the ids of the replicas that it is after its first: `a+1`, `a+2`."""
        def draw():
            drawn = sum(known.startswith(name + "+") for known in self.names.values())
            number = len(self.names) + 1
            self.names[number] = f"{name}+{drawn + 1}"
            return number
        return draw

    def dot(self, dot):
        return f"{self.names.get(dot[0], 'hub')}:{dot[1]}"

    def dots(self, dots):
        return [f"{name}:{n}" for name, n in sorted((self.names[r], n) for r, n in dots)]

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
            for tx in device.sealed:
                # What the fork would be called that begins with it.
                self.names[fork_name(tx.sealed, tx.hash)] = f"{name}/{self.dot(tx.sealed)}"
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
        out = {"dot": self.dot(tx.sealed), "role": tx.role, "base": tx.base, "seen": self.dots(tx.seen),
               "time": [tx.time >> 16, tx.time & 0xFFFF]}
        if tx.strict:
            out["strict"] = True
        out["rows"] = [{"row": self.row_name(c.row), "base": c.base,
                        **({} if c.parent_base is None else {"parentBase": c.parent_base}),
                        "ops": [plain(o) for o in c.ops]} for c in tx.changes]
        return out

    def spell_verdict(self, v, sealed):
        other = {} if v.dot == sealed else {"sealed": self.dot(sealed), "seen": self.dots(v.seen)}
        return {"dot": self.dot(v.dot), **other, "seq": v.seq, "time": [v.time >> 16, v.time & 0xFFFF], "as": v.role,
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

    def do_copy(self, step, device, said):
        """The file as it is now, in another place; both may go on."""
        name = step["as"]
        copied = copy.deepcopy(device)
        copied.name, copied.fresh, copied.schema = name, self.fresh(name), device.schema
        self.devices[name], self.shown[name] = copied, dict(self.shown[device.name])

    def do_backup(self, step, device, said):
        self.backups[step["as"]] = copy.deepcopy(self.hub)

    def do_restore(self, step, device, said):
        self.hub = copy.deepcopy(self.backups[step["from"]])
        if step.get("announced"):
            self.hub.history.begin(self.hub.head, self.now)

    def do_prune(self, step, device, said):
        self.hub.retention.prune(self.hub, self.now)

    def do_age(self, step, device, said):
        self.hub.retention.age(self.hub, step["table"], step["column"], step["months"], self.now)

    def recognise(self, device, said):
        """Back to a place that the hub knows."""
        while not self.hub.history.recognises(device.base, device.log_hash):
            device.step_back()
            said["back"] = device.base

    def judge(self, step, device, said, most=None):
        """The verdicts, and what was sent as it is behind others and not judged: its device does not know yet why."""
        self.recognise(device, said)
        verdicts, spelt, begin, unjudged = [], [], True, []
        while begin:
            begin, replica, asked = False, None, None
            offers = list(islice(device.offers(), most))
            for tx, envelope in offers:
                replica = replica or tx.dot[0]
                if step.get("reply") == "lost" and tx.dot[0] != replica:
                    break  # one request carries the work of one replica, and the next one is not sent
                if tx.dot[0] != asked:
                    asked, before = tx.dot[0], len(verdicts)
                if device.follows_waiting(tx, verdicts):
                    device.waited.add(tx.hash)
                    continue
                if envelope:
                    envelope = replace(envelope, seen=envelope.seen - {t.dot for t in device.uncertain(tx, verdicts)})
                try:
                    push = [other for other, _ in offers if other.dot[0] == tx.dot[0]]
                    verdict = self.hub.accept(device.device, tx, self.now, envelope, tx.dot[0], device.epoch, push)
                except OutOfOrder:
                    # The hub lacks what comes before, or what it builds on: it was put back.
                    if envelope is None:
                        is_last = step.get("reply") == "lost" or most or tx.dot[0] == offers[-1][0].dot[0]
                        if is_last and len(verdicts) > before:
                            # The answer tells of what was judged before it.
                            unjudged = [t for t, e in offers[offers.index((tx, envelope)):] if e is None]
                            break
                        device.learn(verdicts, self.now)
                        if not device.step_back():
                            raise
                        said["back"], begin = device.base, True
                        break
                    verdict = None
                if verdict is None:
                    if step.get("reply") is None:
                        device.waited.add(tx.hash)
                    continue
                verdicts.append(verdict)
                spelt.append(self.spell_verdict(verdict, tx.sealed))
        if spelt:
            said["verdicts"] = said.get("verdicts", []) + spelt
        return verdicts, unjudged

    def do_push(self, step, device, said):
        device.seal(self.now)
        if not any(device.offers()):
            return  # nothing to say
        verdicts, _ = self.judge(step, device, said, step.get("most"))
        if step.get("reply") != "lost":
            device.learn(verdicts, self.now)

    def do_pull(self, step, device, said):
        self.round_trip(step, device, said, [])

    def do_sync(self, step, device, said):
        device.seal(self.now)
        device.offer_again()
        self.round_trip(step, device, said, None)

    def round_trip(self, step, device, said, verdicts):
        device.seal(self.now)
        device.renamed = device.is_doubted = False
        self.recognise(device, said)
        unjudged = []
        if verdicts is None:
            verdicts, unjudged = self.judge(step, device, said)
            asked = [tx.dot for tx in device.again + device.pending]
            if step.get("reply") is None:
                device.learn(verdicts, self.now)
        request = device.request()
        if device.renamed:
            request["seen"] = asked  # one request pushes and asks, by the names of before
        if "cut" in step:
            return
        if "between" in step:
            device.learn(verdicts, self.now)
            self.hub.learn(device.device, request)
            before = {row: (cells.get(LIVE, {}).keys(), self.hub.newest(row)) for row, cells in self.hub.rows.items()}
            said["between"] = [self.do(s) for s in step["between"]]
            for row, (live, newest) in before.items():
                # A life sign that is nobody's news: a page that came before it need not come again.
                if newest == self.hub.newest(row) and live != self.hub.rows[row].get(LIVE, {}).keys():
                    raise Ambiguous(row)
            device.seal(self.now)
            request = device.request()
            verdicts = []
        self.hub.learn(device.device, request)
        answer = (verdicts, self.hub.reply(device.device, request), self.entries_for(device.device))
        how = step.get("reply")
        if how == "later":
            self.kept[device.name] = copy.deepcopy(answer)
        if how is None:
            if any(tx.dot == v.dot for tx in unjudged for v in answer[1].verdicts):
                # What the closing tells of by its name is another copy's work: the hub would have known its own.
                return self.round_trip(step, device, said, None)
            said["installed"] = self.deliver(device, answer)
            if (device.renamed or device.is_doubted) and said["installed"] is not False:
                return self.round_trip(step, device, said, None)
            if differ := self.differ(device):
                said["differs"] = differ

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

    def differ(self, device):
        """The scopes of which a device holds other rows than the hub."""
        if device.schema is not self.schema:
            return []
        mine = {row: image.cells for row, image in {**device.images, **device.held}.items() if not image.left}
        scopes = {s for s, rights in device.scopes.items() if "r" in rights}
        def counted(rows, where):
            return {row: (self.read(row, rows[row], device.role), where(row, rows)) for row in rows
                    if self.schema.tables[row[0]].access(device.role).get("read")
                    and is_alive(self.schema.tables[row[0]], rows[row])}
        here, there = counted(mine, self.by_values), counted(self.hub.rows, self.hub.scopes_of)
        found = []
        for scope in sorted({EVERYTHING} if EVERYTHING in scopes else scopes):
            if len({str({row: values for row, (values, places) in sorted(rows.items(), key=str)
                         if scope in places and (scope == EVERYTHING or self.hub.hangs(row, all))})
                    for rows, all in ((here, mine), (there, self.hub.rows))}) > 1:
                found.append(scope)
        return found

    def by_values(self, row, rows):
        """Where a device counts a row: by its values, a child where its parent is."""
        return Hub(self.schema).scopes_of(row, rows)

    def read(self, row, cells, role):
        table = self.schema.tables[row[0]]
        values = values_of(table, row, cells)
        return {c: values[c] for spec in table.cells.values() if table.reads(spec, role) for c in spec.columns}

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
        cells = {self.row_name(r): {self.cell_name(c): {d: ws[w].value for d, w in sorted((self.dot(d), d) for d in ws)}
                                    for c, ws in sorted(self.hub.rows[r].items(), key=str)} for r in rows}
        inbox = {}
        for name, device in self.devices.items():
            conflicts = sorted([self.row_name(r), self.cell_name(c), opened]
                               for r, found in device.conflicts.items() for c, opened in found.items())
            notices = sorted(([self.row_name(r), self.cell_name(c), seq, *top]
                              for (r, c, seq), top in device.told.items()), key=str)
            again = {tx.dot for tx in device.again}  # of what was lost a pull tells
            refused = sorted(self.dot(v.dot) for v in device.known.values() if v.refused and v.dot not in again)
            inbox[name] = {"conflicts": conflicts, "notices": notices, "refused": refused}
        entries = [[self.row_name(r), self.cell_name(c), o] for r, c, o in self.hub.open_entries()]
        return {"head": self.hub.head, "cells": cells, "entries": entries, "inbox": inbox}
