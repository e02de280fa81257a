"""The hub's order as one of its histories: epochs, the hash of the log, and what work means that comes from another one."""
from dataclasses import dataclass, replace

from cells import effects
from chains import ZERO, Chains, digest


@dataclass(frozen=True)
class Envelope:
    """What stands round a transaction whose bytes do not say any more what its author had seen."""

    base: int
    seen: frozenset
    effective: int | None = None
    lost: tuple | None = None  # (epoch, seq): where it stood in a history that the hub has lost

    def shared(self):
        """The last seq that both histories can share: where the work stood the hub has something else, or nothing."""
        return min(self.base, self.lost[1] - 1) if self.lost else self.base


class History:
    def __init__(self):
        self.epoch, self.past = b"first", []  # past: (epoch, the last seq that it shares with the next)
        self.logs, self.names, self.places = [ZERO], Chains(), {}  # places: dot -> where it stood once

    def append(self, hash, accepted):
        self.logs.append(digest(self.logs[-1], hash, accepted))

    def recognises(self, base, log):
        return base == 0 or (base < len(self.logs) and self.logs[base] == log)

    def begin(self, fork, now):
        """No epoch comes twice, whatever is put back."""
        self.past.append((self.epoch, min(fork, len(self.logs) - 1)))
        self.epoch = digest("epoch", self.epoch, now)

    def shared(self, epoch):
        """Up to where this history is that of an epoch that ended; None for one that it does not know."""
        at = next((n for n, (name, _) in enumerate(self.past) if name == epoch), None)
        return None if at is None else min(fork for _, fork in self.past[at:])

    def translated(self, tx, dot, chain, envelope, asked, speaks_for):
        """The transaction as it is judged: by the names and bases of this history.

        asked: the epoch with which the hub recognised the request; speaks_for: whose work that says that it pushes.
        """
        seen, most = tx.seen, None
        if envelope:
            seen, most = envelope.seen, envelope.base
        elif tx.epoch not in (self.epoch, asked):
            most = self.shared(tx.epoch)
        seen = self.names.own(chain, seen, tx.sealed[0], speaks_for)

        def lower(base):
            return base if base is None or most is None else min(base, most)
        changes = [replace(c, base=lower(c.base), parent_base=lower(c.parent_base), original=c.base) for c in tx.changes]
        return replace(tx, dot=dot, seen=seen, base=lower(tx.base), changes=changes)

    def had_seen(self, tx, change, cells):
        """Of a row's live writes those that the author had seen in the history that both come from. A base that the envelope
        does not lower is of the history of now, whatever the epoch was called when it was sealed."""
        return frozenset(
            dot for writes in cells.values() for dot in writes if change.is_lowered()
            and dot in self.places and self.places[dot][0] == tx.epoch and self.places[dot][1] <= change.original)

    def withdraw(self, table, tx, place, change, cells, earlier):
        """Takes a write that comes late out of the cells that somebody wrote who had seen it: where it stood once, or by its
        name, since it waited.

        earlier: (transaction, verdict, roles' readable cells, gives) that came back before it and were accepted.
        """
        for other, readable, gives in earlier:
            its = other.change(change.row)
            if other.dot[0] == tx.dot[0] and other.dot[1] < tx.dot[1]:
                continue  # nobody had seen what he did later, whatever the places in orders of one name say
            if its is None or not (tx.dot in other.seen and tx.dot[0] == other.dot[0] or place and other.epoch == place[0]
                                   and its.is_lowered() and its.original >= place[1]):
                continue
            for op in its.ops:
                for cell, _, covers in effects(table, op, cells, gives):
                    if covers and (cell[0] == "_live" or cell[0] in readable):
                        cells.get(cell, {}).pop(tx.dot, None)
        for cell in [c for c, writes in cells.items() if not writes]:
            del cells[cell]
