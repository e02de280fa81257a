"""A device: what it seals, shows, asks for and installs, from the rules alone."""
import copy
from dataclasses import dataclass, field, replace

from cells import (
    PENDING, UNSTAMPED, Change, Transaction, Write, builds_on, is_alive, merge, shown, standing, values_of)
from chains import ZERO, digest
from history import Envelope
from hub import Hub
from schema import element_order, order


@dataclass
class Image:
    """A confirmed row. `left`: it is in no scope of the device any more, and waits for verdicts on work of its own."""

    cells: dict
    base: int
    left: bool = False
    confirmed: list = field(default_factory=list)  # own accepted transactions that a row that left goes on showing


class Device:
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

    # -- syncing

    def floor(self, exact=False):
        """The least base that pending work or a row that left may still need stamps for.

        While a row is shown by own work alone the floor is 0; `exact` takes the operation's own base, which is not 0
        where the row was known to have died.
        """
        bases = [self.base] + [min(c.base, self.limits.get(tx.hash, c.base)) for tx in self.pending for c in tx.changes]
        bases += [image.base for row, image in self.images.items() if image.left or row in self.held]
        alone = any(c.row not in self.images for tx in self.pending for c in tx.changes)
        return 0 if alone and not exact else min(bases)

    def request(self):
        readable = {s for s, rights in self.scopes.items() if "r" in rights}
        return dict(base=self.base, scopes=readable, role=self.role, floor=self.floor(), exact=self.floor(exact=True),
                    seen=[tx.dot for tx in self.again + self.pending], replica=self.number, epoch=self.epoch,
                    log=self.log_hash, judged=max(
                        (self.known[tx.dot].seq for tx in self.again + self.pending if tx.dot in self.known), default=0))

    def fits(self, request):
        """Does a reply to this request still fit? None where an implementation may say either."""
        now = self.request()
        if any(request[what] != now[what] for what in ("base", "scopes", "role", "epoch", "log")):
            return False
        answers = {request["floor"] <= now["floor"], request["exact"] <= now["exact"]}
        return answers.pop() if len(answers) == 1 else None

    def offers(self):
        """What is to be sent, each with the envelope that it needs: what the hub has lost, then what it never had."""
        open = [tx for tx in self.again + self.pending if tx.dot not in self.known]
        replica, may_wait = None, False
        for tx in open:
            if tx.dot[0] != replica:  # a request carries the work of one replica
                # Behind what may have to wait for others there may be a gap.
                replica, may_wait = tx.dot[0], any(t.hash in self.lost or t.hash in self.waited for t in open)
            most, lost = self.limits.get(tx.hash), self.lost.get(tx.hash)
            time = lost[2] if lost else self.times.get(tx.hash)
            is_plain = most is None and lost is None and time is None and not may_wait and tx.dot == tx.sealed
            may_wait = not is_plain
            yield tx, None if is_plain else Envelope(
                PENDING if most is None else most, tx.seen, time, lost and lost[:2])

    def offer_again(self):
        """What was accepted and no pull has confirmed, of a replica that the file was before that of the newest unsent work: a
        hub that was put back since may have another copy's work by that name, and the newer work names it as seen."""
        unsent = [tx for tx in self.pending if tx.dot not in self.known]
        for tx in self.again + self.pending if unsent else ():
            if tx.dot in self.known and not self.known[tx.dot].refused and tx.sealed[0] != unsent[-1].sealed[0]:
                verdict = self.known.pop(tx.dot)
                self.times[tx.hash] = verdict.time
                self.lost.setdefault(tx.hash, (self.epoch, verdict.seq, verdict.time))

    def uncertain(self, tx, verdicts):
        """Work of before the file became another replica that waits: it may get another name at the hub."""
        judged = {v.hash for v in verdicts}
        return [other for other in self.again + self.pending if other.sealed[0] != tx.sealed[0]
                and other.hash in self.waited - judged and other.dot not in self.known]

    def follows_waiting(self, tx, verdicts):
        """Does it touch what such earlier work touches? Then it goes after that."""
        def rows(tx):
            named = {Hub.named_parent(self.schema.tables[c.row[0]], c) for c in tx.changes}
            return {c.row for c in tx.changes} | named - {None}
        at = self.log.index(tx)
        return any(self.log.index(other) < at and rows(other) & rows(tx) for other in self.uncertain(tx, verdicts))

    def step_back(self):
        """The hub does not recognise the place where the file stands, or own work that it had judged: back to the one
        before. False where there is none."""
        if self.base == 0 and not any(tx.dot in self.known for tx in self.again + self.pending):
            return False
        self.trail = [place for place in self.trail if place[0] < self.base] or self.trail[:1]
        base, log = self.trail[-1]
        self.lose(base)
        self.base, self.log_hash = base, log
        if base == 0:
            self.epoch, self.scopes = None, {}
        return True

    def lose(self, base):
        """The hub has lost everything after a seq: what it said of that counts no more, and no base counts beyond."""
        confirmed = {h: v for h, v in self.accepted.items() if v.seq > base}
        for tx in self.log:
            verdict = confirmed.get(tx.hash) or self.known.get(tx.dot)
            if tx.hash in confirmed:
                self.again.append(tx)
                del self.accepted[tx.hash]
            elif not (verdict and verdict.seq > base and tx in self.pending + self.again):
                verdict = None
            if tx.hash in confirmed:
                for change in tx.changes:
                    if change.has("insert") and change.base == 0:  # else it was there before, and perhaps still is
                        self.brought.setdefault(change.row, set()).add(tx.hash)
            if verdict:
                self.lost.setdefault(tx.hash, (self.epoch, verdict.seq, verdict.time))
                self.known.pop(tx.dot)
            self.limits[tx.hash] = min(base, self.limits.get(tx.hash, base))
        self.again.sort(key=self.log.index)
        for row, image in self.images.items():
            image.base = min(image.base, base)
        self.dead = {row: min(at, base) for row, at in self.dead.items()}
        newest = next((tx for tx in reversed(self.log) if tx.sealed == (self.number, self.counter)), None)
        if newest and newest not in self.again + self.pending:
            verdict = self.known.get(newest.dot)
            if verdict is None or verdict.seq > base:
                self.begin_anew()  # what comes next would follow what nobody offers again

    def unstamped(self, row, cell, writes):
        return {UNSTAMPED: Write(shown(self.schema.tables[row[0]], cell, writes), 0, 0)}

    def begin_anew(self):
        """Writes as a replica of its own from now on."""
        self.number, self.counter, self.hash = self.fresh(), 0, ZERO

    def learn(self, verdicts, now):
        self.seal(now)
        told = [(tx, v) for v in verdicts for tx in self.again + self.pending if tx.hash == v.hash]
        for tx, verdict in told:
            if tx.dot != verdict.dot:
                self.rename(tx, verdict.dot)
        for tx, verdict in told:
            if tx.dot == verdict.dot:
                self.known.setdefault(verdict.dot, verdict)

    def rename(self, tx, name):
        """Another copy of the file has used the name: from where they part, this one's work is called otherwise."""
        replica, first = tx.sealed[0], tx.sealed[1] - name[1] + 1
        names = {}
        for own in self.log:
            if own.sealed[0] == replica and own.sealed[1] >= first:
                new = (name[0], own.sealed[1] - first + 1)
                names[own.dot], own.dot = new, new
        for own in self.log:
            own.seen = frozenset(names.get(d, d) for d in own.seen)
        said = {new: self.known.pop(dot) for dot, new in names.items() if dot in self.known}
        self.known.update(said)
        self.renamed = True
        if self.number == replica:
            self.begin_anew()

    def install(self, reply, now):
        self.seal(now)
        if not self.fits(reply.request):
            return False
        # A closing names dots alone: of work that a push was answered about otherwise, or that waits, it tells nothing.
        told = {v.dot: v for v in reply.verdicts if self.may_tell(v, reply)}
        self.known.update(told)
        done = set(told)
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
        for row in reply.exits + self.left_behind(reply) + self.let_go(reply, done):
            self.leave(row, busy)
        if reply.whole:
            for row in set(self.images) - set(reply.rows):
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
                if row not in busy:
                    # What is written next has seen all of it, also what another copy did under the name that it will have.
                    image.cells = {cell: self.unstamped(row, cell, writes) for cell, writes in image.cells.items()}
            elif row not in busy:
                del self.images[row]
        for tx in [tx for tx in self.pending if tx.dot in done]:
            self.pending.remove(tx)
            if self.known[tx.dot].refused:
                continue
            for change in tx.changes:
                if change.row not in busy:
                    continue
                if change.row not in self.images and (change.has("insert") or self.is_inserted(change.row)):
                    self.images[change.row] = Image({}, 0, left=True)
                if change.row in self.images and self.images[change.row].left:
                    self.images[change.row].confirmed.append(tx)
        self.settle(done, reply)
        self.told.update(reply.notices)
        self.base, self.scopes, self.role = reply.head, reply.granted, reply.role
        self.epoch, self.log_hash = reply.epoch, reply.log
        self.stand()
        return True

    def stand(self):
        """Of the places at which it stood it keeps the newest four, of the others one for each power of two of the distance."""
        nothing, *places = [place for place in self.trail if place[0] < self.base] + [(self.base, self.log_hash)]
        kept = {(self.base - base).bit_length(): (base, log) for base, log in places[:-4]}
        self.trail = [nothing, *sorted(kept.values()), *places[-4:]]

    def is_inserted(self, row):
        """Does pending work insert the row?"""
        return any(tx.change(row) and tx.change(row).has("insert") for tx in self.pending)

    def let_go(self, reply, done):
        """Rows that only lost work had brought, and that is refused now: who writes it again inserts them again. One stays that
        shows what somebody else did to it, or on which something hangs that stays."""
        self.brought = {row: by for row, by in self.brought.items() if row not in reply.rows}
        over = {tx.hash for tx in self.again if tx.dot in done}
        refused = [tx for tx in self.again if tx.dot in done and self.known[tx.dot].refused]
        found = [row for row, by in self.brought.items()
                 if by & {tx.hash for tx in refused} and row not in reply.exits and self.shows_only(row, refused)]
        while stay := self.staying(set(found), refused, reply):
            found = [row for row in found if row not in stay]
        self.brought = {row: by - over for row, by in self.brought.items()}
        return found

    def staying(self, found, refused, reply):
        """Of these rows those on which something hangs that stays, and those of work of which another row stays."""
        here = [row for row, image in self.images.items() if not image.left and row not in reply.exits]
        stay = {self.above(child) for child in here if child not in found}
        for tx in refused:
            mine = {c.row for c in tx.changes if tx.hash in self.brought.get(c.row, ()) and c.row in here}
            if not mine <= found:
                stay |= mine
        return stay & found

    def shows_only(self, row, refused):
        """Does a confirmed row show just what these transactions did to it, in the order that the hub has lost?"""
        table, image, cells = self.schema.tables[row[0]], self.images.get(row), {}
        if image is None or image.left:
            return False
        for tx in refused:
            if change := tx.change(row):
                _, seq, time = self.lost[tx.hash]
                merge(table, cells, change, tx.dot, tx.seen, seq, time, table.readable(tx.role), table.gives(tx.role))
        if not is_alive(table, cells):
            return False
        done, shows = values_of(table, row, cells), values_of(table, row, image.cells)
        return all(done[c] == shows[c] for name in table.readable(self.role) for c in table.cells[name].columns)

    def left_behind(self, reply):
        """Rows that only a lost history brought, and whose parent leaves: they are in no scope any more."""
        gone, found = set(reply.exits), []
        while True:
            more = [row for row, image in self.images.items() if row not in gone and row not in reply.rows and not image.left
                    and self.above(row) in gone]
            if not more:
                return found
            gone.update(more)
            found += more

    def above(self, row):
        """The row that a confirmed row follows."""
        table = self.schema.tables[row[0]]
        image = self.held.get(row) or self.images[row]
        return table.parent and (table.parent[1], (values_of(table, row, image.cells)[table.parent[0]],))

    def may_tell(self, verdict, reply):
        tx = next((t for t in self.again + self.pending if t.dot == verdict.dot), None)
        known = self.known.get(verdict.dot)
        if tx is None:
            return False
        if known is None and (tx.hash in self.lost or tx.hash in self.waited):
            return False
        if known is None or (known.seq, known.time) != (verdict.seq, verdict.time) or (
                (known.refused is None) == (verdict.refused is None)):
            return known is None or (known.seq, known.time) == (verdict.seq, verdict.time)
        # A push was answered otherwise: it may be another copy's work. What came of an accepted one's rows tells.
        return tx in self.pending and verdict.refused is None and (reply.whole or all(
            c.row in reply.rows or c.row in reply.exits or (c.row in self.images and self.images[c.row].left)
            for c in tx.changes))

    def settle(self, done, reply):
        """Confirmed work is kept; a verdict that the pull does not tell of is not believed, and the work offered again."""
        for tx in self.log:
            if tx.dot in done:
                verdict = self.known[tx.dot]
                if not verdict.refused:
                    self.accepted[tx.hash] = verdict
                    self.was_accepted.add(tx.hash)
                self.lost.pop(tx.hash, None)  # its limit stays: its bytes may be offered once more
                self.waited.discard(tx.hash)
        self.again = [tx for tx in self.again if tx.dot not in done]
        asked = [tx for tx in self.again + self.pending if tx.dot in self.known and tx.dot in reply.request["seen"]]
        # A late reply knows nothing of a verdict that came after it had been asked for.
        if any(reply.head < self.known[tx.dot].seq <= reply.request["judged"] for tx in asked):
            self.lose(reply.head)
        for tx in asked:
            if tx.dot in self.known and self.known[tx.dot].seq <= reply.head:
                self.times[tx.hash], self.is_doubted = self.known.pop(tx.dot).time, True

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
