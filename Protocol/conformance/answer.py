"""What the hub tells a device."""
from dataclasses import dataclass

from cells import LIVE, UNSTAMPED, Write, is_alive, shown
from schema import order


@dataclass
class Reply:
    """The hub's whole answer to one request, as of one moment."""

    request: dict
    head: int
    rows: dict
    exits: list
    verdicts: list
    notices: dict
    granted: dict
    role: str
    whole: bool  # what does not come is not there
    epoch: object
    log: bytes


class Answers:
    """The half of the hub that answers."""

    def open_entries(self):
        return sorted((row, cell, opened) for (row, cell, opened), status in self.entries.items() if status == "open")

    def reply(self, device, request):
        granted, role = self.scopes(device, "r"), self.roles[device]
        whole = self.retention.is_behind(request["base"], granted | request["scopes"])
        new = granted if request["role"] != role or whole else granted - request["scopes"]
        rows, exits = {}, []
        for row, cells in self.rows.items():
            if row[0] not in self.known[device].tables:
                continue
            table = self.schema.tables[row[0]]
            here = self.scopes_of(row, self.rows)
            alive = is_alive(table, cells)
            seq = max((self.entered[s, row] for s in here & granted), default=0)
            asks = any((r, c, status) == (row, LIVE, "open") for (r, c, _), status in self.entries.items())
            if here & granted and table.access(role).get("read") and (
                    seq > request["base"] or (here & new and (alive or asks))):
                known = self.known[device].tables[row[0]].cells
                cells = {c: w for c, w in cells.items() if c == LIVE or c[0] in known}
                rows[row] = self.cut(table, cells, request["floor"], role) if alive else None
            left = any(self.exits.get((s, row), 0) > request["base"] for s in request["scopes"] | granted)
            if not here & granted and (left or here & (request["scopes"] - granted)):
                exits.append(row)
        verdicts = [self.verdicts[d] for d in request["seen"] if d in self.verdicts and self.devices[d] == device]
        told = {v.dot for v in verdicts if not v.refused}
        exits += [row for row in sorted({c.row for tx, v in self.log if v.dot in told for c in tx.changes})
                  if row not in exits and not self.comes(row, granted, role, self.known[device])]
        notices = {}
        def place(notice):
            (dot, row, _), seq = notice
            return seq, order(self.schema, row), self.verdicts[dot].seq
        for (dot, row, cell), seq in sorted(self.notices.items(), key=place):
            if self.devices[dot] != device or seq <= request["base"]:
                continue
            table, cells = self.schema.tables[row[0]], self.rows.get(row)
            if cells is None:
                continue  # forgotten with its row
            may = self.scopes_of(row, self.rows) & granted and (
                cell[0] in table.readable(role) or (cell == LIVE and table.access(role).get("read")))
            other = {d: w for d, w in cells[cell].items() if cell != LIVE or d != dot}
            # Two of one device that lose in one moment have the same value: the later one is told.
            notices[row, cell, seq] = [shown(table, cell, other)] if may and other else []
        return Reply(request, self.head, rows, exits, verdicts, notices, dict(self.rights[device]), role, whole,
                     self.history.epoch, self.history.logs[-1])

    def comes(self, row, granted, role, known):
        """Does the device get the row? A row of accepted work that does not come to it leaves."""
        return row[0] not in known.tables or (row in self.rows and bool(self.scopes_of(row, self.rows) & granted)
                                              and self.schema.tables[row[0]].access(role).get("read"))

    def cut(self, table, cells, floor, role):
        """A row as a reply carries it: readable cells, stamped where they are newer than the floor."""
        out, readable = {}, table.readable(role)
        for cell, writes in cells.items():
            if cell != LIVE and cell[0] not in readable:
                continue
            if any(w.seq > floor for w in writes.values()):
                out[cell] = dict(writes)
            else:
                out[cell] = {UNSTAMPED: Write(shown(table, cell, writes), 0, 0)}
        return out
