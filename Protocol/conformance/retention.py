"""What a hub forgets, and rows that leave their scopes by age."""
import time
from dataclasses import dataclass, field

from cells import Transaction, Verdict, is_alive, values_of
from chains import digest
from schema import EVERYTHING

DAYS = 400
DAY = 86_400_000


@dataclass
class Retention:
    horizons: dict = field(default_factory=dict)  # scope -> the greatest seq there of which something is forgotten
    rules: dict = field(default_factory=dict)     # table -> (column, the first month whose rows stay)
    minted: int = 0

    def is_behind(self, base, scopes):
        return any(base < self.horizons.get(scope, 0) for scope in scopes)

    def may_have_had(self, hub, tx, base):
        """May a row that the author held have died, and been forgotten since?"""
        horizon = self.horizons.get(EVERYTHING, 0)
        if base > 0:
            return base < horizon
        own = sorted(d for d in tx.seen if d[0] == tx.dot[0])
        first = hub.verdicts.get(own[0]) if own else None
        return first is not None and not first.refused and first.seq < horizon

    def prune(self, hub, now):
        """Forgets everything that may be forgotten; a real hub does it a bounded piece at a time."""
        old = max((seq for seq, at in hub.times.items() if at < now - DAYS * DAY), default=0)
        for (scope, row), seq in list(hub.exits.items()):
            if seq <= old:
                self.forget(scope, seq)
                del hub.exits[scope, row]
        again = True
        while again:
            dead = [row for row in hub.rows if self.is_dispensable(hub, row, old)]
            again = bool(dead)
            for row in dead:
                for (scope, other), seq in list(hub.entered.items()):
                    if other == row:
                        self.forget(scope, seq)
                        del hub.entered[scope, other]
                del hub.rows[row]

    def forget(self, scope, seq):
        self.horizons[scope] = max(seq, self.horizons.get(scope, 0))

    @staticmethod
    def is_dispensable(hub, row, old):
        table, cells = hub.schema.tables[row[0]], hub.rows[row]
        if is_alive(table, cells) or hub.newest(row) > old:
            return False
        if any(r == row and status == "open" for (r, _, _), status in hub.entries.items()):
            return False
        return not any(
            t.parent and t.parent[1] == row[0] and values_of(t, other, cells)[t.parent[0]] == row[1][0]
            for other, cells in hub.rows.items() for t in [hub.schema.tables[other[0]]])

    # -- exits by age

    def is_over(self, table, values):
        if table.name not in self.rules:
            return False
        column, first = self.rules[table.name]
        month = (values[column] or "")[:7]
        return len(month) == 7 and month[:4].isdigit() and month[4] == "-" and month[5:].isdigit() and month < first

    def age(self, hub, table, column, months, now):
        """Rows of months that lie more than so many months back leave, by a transaction of the hub's own."""
        today = time.gmtime(now // 1000)
        count = today.tm_year * 12 + today.tm_mon - 1 - months
        were = hub.lying()
        self.rules[table] = (column, f"{count // 12:04}-{count % 12 + 1:02}")
        if were == hub.lying():
            return
        self.minted += 1
        replica = int.from_bytes(digest("hub", hub.history.epoch)[:8], "big") | 1 << 64
        seq = hub.head + 1
        tx = Transaction((replica, self.minted), now << 16, seq - 1, frozenset(), EVERYTHING, False, [],
                         hash=digest("hub", hub.history.epoch, self.minted))
        hub.note("", tx, Verdict(tx.dot, seq, tx.time, EVERYTHING), now)
        hub.move(were, set(), seq)
