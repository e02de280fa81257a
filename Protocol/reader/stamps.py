"""The stamps of a row, section 10.3 of Protocol/specification.md: in JSON a list of cells with all their live writes, a
write without "value" being what the row shows."""

from cbor import encode_int, head
from items import COLUMNS, ELEMENTS, SIBLINGS, CellValue, cell_id, cell_order, dot, dot_order, seq, time

cell_value = CellValue()
CELLS = COLUMNS + ELEMENTS


def stamp_of(write):
    return {name: write[name] for name in ("dot", "seq", "effective")}


def stamp_order(stamp):
    milliseconds, counter = stamp["effective"].split(".")
    return dot_order(stamp["dot"]), stamp["seq"], int(milliseconds), int(counter)


def most_shared(cells):
    """The stamp that most cells with a single write have; of several the least."""
    counts = {}
    for cell in cells:
        if len(cell["writes"]) == 1:
            stamp = stamp_of(cell["writes"][0])
            counts.setdefault(stamp_order(stamp), [0, stamp])[0] += 1
    if not counts:
        return None
    most = max(count for count, _ in counts.values())
    return min((order, stamp) for order, (count, stamp) in counts.items() if count == most)[1]


class Stamps:
    """Reads and writes the stamps of the rows of one run in their order: each may lean on the one before."""

    def __init__(self, columns):
        self.columns = columns
        self.previous = None

    # ---- Reading ----

    def read(self, r, row_seq):
        parts = r.tuple(2, 3, 4)
        written = self.read_origin(r, row_seq)
        self.listed = 0
        shared = self.read_shared(r, parts > 2)
        origin = self.previous if shared else None
        own = self.read_own(r, origin) if parts == 4 else []
        if (written and not shared) or not (shared or own) or (parts == 4 and not own) or (
            parts == 3 and not self.listed
        ):
            raise r.malformed("not the shortest encoding")
        cells = sorted(shared + own, key=lambda cell: cell_order(cell["cell"]))
        for a, b in zip(cells, cells[1:]):
            if not cell_order(a["cell"]) < cell_order(b["cell"]):
                raise r.malformed("a cell that stands twice")
        if most_shared(cells) != origin:
            raise r.malformed("another stamp is shared by more")
        return cells

    def read_origin(self, r, row_seq):
        """Whether the stamp stands here in full; where it does not it is that of the last row that had one."""
        if r.null():
            return False
        r.tuple(4)
        before = self.previous and self.previous["dot"].split(":")[0]
        if before and r.null():
            replica = before
        else:
            replica = f"{r.unsigned():016x}"
            if replica == before:
                raise r.malformed("not the shortest encoding")
        counter = r.unsigned((1 << 53) - 1)
        if counter == 0:
            raise r.malformed("counter 0")
        if r.null():
            place = row_seq
        else:
            place = seq.read(r)
            if place == row_seq:
                raise r.malformed("not the shortest encoding")
        stamp = {"dot": f"{replica}:{counter}", "seq": place, "effective": time.read(r)}
        if stamp == self.previous:
            raise r.malformed("not the shortest encoding")
        self.previous = stamp
        return True

    def read_shared(self, r, listed):
        bits = r.bytes(COLUMNS // 8 + 1)
        if len(bits) != len(self.columns) // 8 + 1:
            raise r.malformed("one bit for existence and each column")
        cells = []
        for at in range(len(bits) * 8):
            if bits[at // 8] >> at % 8 & 1:
                if at > len(self.columns):
                    raise r.malformed("a bit of no column")
                group = 0 if at == 0 else self.columns[at - 1]
                cells.append(self.shared(r, {"group": group}, {"flag": True} if at == 0 else None))
        if not listed:
            return cells
        count, given = r.array(CELLS), []
        for _ in range(count):
            r.tuple(2)
            name = cell_id.read(r)
            if given and not cell_order(given[-1]["cell"]) < cell_order(name):
                raise r.malformed("a list out of order")
            value = cell_value.read(r)
            if name == {"group": 0} and value == {"flag": True}:
                raise r.malformed("not the shortest encoding")
            given.append(self.shared(r, name, value))
        self.listed = len(given)
        return cells + given

    def shared(self, r, name, value):
        if self.previous is None:
            raise r.malformed("no stamp to share")
        return {"cell": name, "writes": [dict(self.previous, **({"value": value} if value else {}))]}

    def read_own(self, r, origin):
        cells = []
        for _ in range(r.array(CELLS)):
            r.tuple(2)
            name = cell_id.read(r)
            if cells and not cell_order(cells[-1]["cell"]) < cell_order(name):
                raise r.malformed("a list out of order")
            count, writes = r.array(SIBLINGS), []
            if not count:
                raise r.malformed("a cell without writes")
            for _ in range(count):
                r.tuple(5)
                write = {"dot": dot.read(r), "seq": seq.read(r), "effective": time.read(r)}
                if r.null():
                    if "element" in name or name["group"] not in self.columns:
                        raise r.malformed("the row shows nothing of this cell")
                else:
                    write["value"] = cell_value.read(r)
                if writes and not dot_order(writes[-1]["dot"]) < dot_order(write["dot"]):
                    raise r.malformed("a list out of order")
                writes.append(write)
            if count == 1 and stamp_of(writes[0]) == origin:
                raise r.malformed("not the shortest encoding")
            cells.append({"cell": name, "writes": writes})
        return cells

    # ---- Writing ----

    def write(self, cells, row_seq):
        origin = most_shared(cells)
        bits, given, own = bytearray(len(self.columns) // 8 + 1), b"", b""
        counts = [0, 0]
        for cell in cells:
            writes, bit = cell["writes"], self.bit(cell)
            if len(writes) > 1 or stamp_of(writes[0]) != origin:
                counts[1] += 1
                own += head(4, 2) + cell_id.write(cell["cell"]) + head(4, len(writes)) + b"".join(map(self.full, writes))
            elif bit is not None:
                bits[bit // 8] |= 1 << bit % 8
            else:
                counts[0] += 1
                given += head(4, 2) + cell_id.write(cell["cell"]) + cell_value.write(writes[0]["value"])
        out = self.write_origin(origin, row_seq) + head(2, len(bits)) + bytes(bits)
        if counts[1]:
            return head(4, 4) + out + head(4, counts[0]) + given + head(4, counts[1]) + own
        return head(4, 3) + out + head(4, counts[0]) + given if counts[0] else head(4, 2) + out

    def bit(self, cell):
        name, write = cell["cell"], cell["writes"][0]
        if name == {"group": 0}:
            return 0 if write.get("value") == {"flag": True} else None
        return self.columns.index(name["group"]) + 1 if "value" not in write else None

    def full(self, write):
        value = cell_value.write(write["value"]) if "value" in write else b"\xf6"
        return head(4, 5) + dot.write(write["dot"]) + seq.write(write["seq"]) + time.write(write["effective"]) + value

    def write_origin(self, origin, row_seq):
        if origin is None or origin == self.previous:
            return b"\xf6"
        replica, counter = origin["dot"].split(":")
        before = self.previous and self.previous["dot"].split(":")[0]
        out = b"\xf6" if replica == before else encode_int(int(replica, 16))
        out += encode_int(int(counter)) + (b"\xf6" if origin["seq"] == row_seq else seq.write(origin["seq"]))
        self.previous = origin
        return head(4, 4) + out + time.write(origin["effective"])
