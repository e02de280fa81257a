"""What a device makes of an answer: rows that come, leave or stay, and verdicts that are believed or not."""
import copy
from dataclasses import dataclass, field

from cells import UNSTAMPED, Write, is_alive, merge, shown, values_of
from schema import order


@dataclass
class Image:
    """A confirmed row. `left`: it is in no scope of the device any more, and waits for verdicts on work of its own."""

    cells: dict
    base: int
    left: bool = False
    confirmed: list = field(default_factory=list)  # own accepted transactions that a row that left goes on showing


class Install:
    """A part of `Device`, which has the fields."""

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

    def unstamped(self, row, cell, writes):
        return {UNSTAMPED: Write(shown(self.schema.tables[row[0]], cell, writes), 0, 0)}

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
        if known is None:
            return True
        is_same = (known.seq, known.time) == (verdict.seq, verdict.time)
        if not is_same or (known.refused is None) == (verdict.refused is None):
            return is_same
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
