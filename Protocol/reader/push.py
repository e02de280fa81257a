"""The transactions of a push, section 8.1 of Protocol/specification.md: in JSON the sealed bytes of each, and what stands
round some of them."""

import hashlib

from cbor import Reader, Refused, encode_int, head
from codec import Codec, Fields, List, OrNull, SAFE, Tuple, Uint
from items import INFLATED_BODY, dot_set, hash, seq, time
from transaction import Transaction

FIRST, LAST = 6, 12
HEADER = Transaction().required


def read_header(data):
    """The fields of a sealed transaction before its rows and where the rows begin; None where they cannot be read."""
    r = Reader(data)
    try:
        if r.map(64) != 13 or r.unsigned() != 1 or r.unsigned() != 1:
            return None
        header = {}
        for at, (name, codec) in enumerate(HEADER.items()):
            if r.unsigned() != at + 2:
                return None
            if name == "rows":
                return header, r.at
            header[name] = codec.read(r)
    except Refused:
        return None


def write_header(header):
    out = head(5, 13) + b"\x01\x01"
    for at, (name, codec) in enumerate(HEADER.items()):
        out += encode_int(at + 2) + (b"" if name == "rows" else codec.write(header[name]))
    return out


def bits(json):
    milliseconds, counter = json.split(".")
    return int(milliseconds) << 16 | int(counter)


class Before:
    """A transaction as the one behind it may lean on it."""

    def __init__(self, data):
        self.data = data
        self.header, self.rows = read_header(data) or (None, 0)

    def hash(self):
        return hashlib.sha256(bytes.fromhex(self.header["previous"]) + self.data).digest()[:16]

    def expected(self):
        """The next one's header, but for its time."""
        if self.header is None or self.header["counter"] >= (1 << 53) - 1:
            return None
        header = dict(self.header, previous=self.hash().hex(), counter=self.header["counter"] + 1)
        header["seen"] = with_dot(self.header["seen"], self.header["replica"], self.header["counter"])
        return header

    def short(self, next):
        """(by how much `next` is later, its fields that do not follow); None where it has to travel whole."""
        expected = self.expected()
        if expected is None or next.header is None:
            return None
        later = bits(next.header["time"]) - bits(self.header["time"])
        if later <= 0 or any(next.header[name] != expected[name] for name in ("replica", "counter", "previous")):
            return None
        names = list(HEADER)
        return later, [
            key for key in range(FIRST, LAST + 1) if next.header[names[key - 2]] != expected[names[key - 2]]
        ]


def with_dot(intervals, replica, counter):
    """A set of dots with one more."""
    out = [list(interval) for interval in intervals]
    if any(name == replica and low <= counter <= high for name, low, high in out):
        return out
    low = high = counter
    for interval in list(out):
        if interval[0] == replica and interval[2] == counter - 1:
            low = interval[1]
            out.remove(interval)
        elif interval[0] == replica and interval[1] == counter + 1:
            high = interval[2]
            out.remove(interval)
    return sorted(out + [[replica, low, high]], key=lambda interval: (interval[0], interval[1]))


opening_name = Uint(least=1)
openings = List(Tuple(first=Uint(SAFE, least=1), name=opening_name), 100, least=1, order=lambda one: int(one["first"]))


class Lost(Codec):
    """[epoch, seq], or [epoch, seq, opening] where the order had a name."""

    place = Fields(epoch=hash, seq=seq)

    def read(self, r):
        items = r.tuple(2, 3)
        json = self.place.read(r)
        return dict(json, opening=opening_name.read(r)) if items == 3 else json

    def write(self, json):
        out = self.place.write(json)
        return head(4, 3) + out + opening_name.write(json["opening"]) if "opening" in json else head(4, 2) + out


class Envelope(Codec):
    """Four items, or five."""

    fields = Fields(base=seq, seen=dot_set, effective=OrNull(time), lost=OrNull(Lost()))

    def items(self, json):
        return 5 if "openings" in json else 4

    def read(self, r, items):
        json = self.fields.read(r)
        return dict(json, openings=openings.read(r)) if items == 5 else json

    def write(self, json):
        return self.fields.write(json) + (openings.write(json["openings"]) if "openings" in json else b"")


envelope = Envelope()


class Push(Codec):
    """Reads into {"transactions": […], "envelopes": {place: …}} and notes H(T) of the last one that travelled short."""

    def read(self, r):
        count = r.array(10_000)
        transactions, envelopes, before, self.last = [], {}, None, None
        for at in range(count):
            if r.peek() >> 5 == 2:
                next = Before(r.bytes(INFLATED_BODY))
                if before and before.short(next):
                    raise r.malformed("not the shortest encoding")
            else:
                items = r.tuple(2, 3, 5, 6)
                if items >= 5:
                    envelopes[str(at)] = envelope.read(r, items - 1)
                    next = Before(r.bytes(INFLATED_BODY))
                else:
                    next = self.read_short(r, items, before)
                    self.last = next.hash().hex()
            transactions.append(next.data.hex())
            before = next
        return transactions, envelopes

    def read_short(self, r, items, before):
        later = r.unsigned()
        header = before.expected() if before else None
        if header is None or later == 0 or bits(header["time"]) + later >= 1 << 64:
            raise r.malformed("it follows from no transaction before it")
        total = bits(header["time"]) + later
        header["time"] = f"{total >> 16}.{total & 0xFFFF}"
        rows = r.bytes(INFLATED_BODY)
        names = list(HEADER)
        if items == 3:
            count, last = r.map(7), FIRST - 1
            if not count:
                raise r.malformed("not the shortest encoding")
            for _ in range(count):
                key = r.unsigned(LAST)
                if key <= last:
                    raise r.malformed("fields out of order")
                last, name = key, names[key - 2]
                told = HEADER[name].read(r)
                if told == header[name]:
                    raise r.malformed("not the shortest encoding")
                header[name] = told
        return Before(write_header(header) + rows)

    def write(self, transactions, envelopes):
        out, before, last = head(4, len(transactions)), None, None
        names = list(HEADER)
        for at, data in enumerate(transactions):
            next = Before(bytes.fromhex(data))
            short = before.short(next) if before else None
            if str(at) in envelopes:
                one = envelopes[str(at)]
                out += head(4, envelope.items(one) + 1) + envelope.write(one) + head(2, len(next.data)) + next.data
            elif short:
                later, changed = short
                rows = next.data[next.rows :]
                out += head(4, 3 if changed else 2) + encode_int(later) + head(2, len(rows)) + rows
                if changed:
                    out += head(5, len(changed))
                    for key in changed:
                        out += encode_int(key) + HEADER[names[key - 2]].write(next.header[names[key - 2]])
                last = next.hash().hex()
            else:
                out += head(2, len(next.data)) + next.data
            before = next
        return out, last
