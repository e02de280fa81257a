"""Values, keys, dots and cells: what messages are made of, from Protocol/specification.md."""

import struct
import unicodedata

from cbor import MALFORMED_TEXT_TAG, encode_int, encode_real, head
from codec import Bool, Bytes, Codec, List, Mapped, SAFE, Text, Tuple, Uint, number

VALUE = 1 << 20
KEY = 1024
KEY_COLUMNS = 8
COLUMNS = 500
ELEMENTS = 10_000
OPERATIONS = 1_000_000
SIBLINGS = 2000
SEEN_INTERVALS = 256
CONFIRMED = 250_000
PENDING_DOTS = 1_000_000
TRANSACTION = 64 << 20
INFLATED_BODY = 32 << 20

ID = (1 << 32) - 1


class Value(Codec):
    """NULL is null, text a string, an integer a number; the rest are objects: int (beyond 2^53), real (its bits),
    blob, malformed (text that is not UTF-8)."""

    def __init__(self, most=VALUE):
        self.most = most

    def read(self, r):
        major = r.peek() >> 5
        if major in (0, 1):
            value = number(r.int64())
            return {"int": value} if isinstance(value, str) else value
        if major == 2:
            return {"blob": r.bytes(self.most).hex()}
        if major == 3:
            return r.text(self.most)
        if major == 6:
            if r.head(6, "a tag") != MALFORMED_TEXT_TAG:
                raise r.malformed("unknown tag")
            data = r.bytes(self.most)
            try:
                data.decode("utf-8")
            except UnicodeDecodeError:
                return {"malformed": data.hex()}
            raise r.malformed("not the shortest encoding")
        if major == 7:
            return None if r.null() else {"real": r.real().hex()}
        raise r.malformed("not a value")

    def write(self, json):
        if json is None:
            return b"\xf6"
        if isinstance(json, str):
            data = json.encode("utf-8")
            return head(3, len(data)) + data
        if isinstance(json, int):
            return encode_int(json)
        ((kind, content),) = json.items()
        if kind == "int":
            return encode_int(int(content))
        data = bytes.fromhex(content)
        if kind == "real":
            return encode_real(struct.unpack(">d", data)[0])
        return (head(6, MALFORMED_TEXT_TAG) if kind == "malformed" else b"") + head(2, len(data)) + data


value = Value()


class Values(Codec):
    """The values of a group, or the elements of a set: one stands bare."""

    def read(self, r):
        if r.peek() >> 5 != 4:
            return [value.read(r)]
        count = r.array(ELEMENTS)
        if count == 1:
            raise r.malformed("not the shortest encoding")
        return [value.read(r) for _ in range(count)]

    def write(self, json):
        return b"".join(([] if len(json) == 1 else [head(4, len(json))]) + [value.write(item) for item in json])


class Key(Codec):
    def read(self, r):
        start = r.at
        count = r.array(KEY_COLUMNS)
        if not count:
            raise r.malformed("a key without values")
        values = []
        for _ in range(count):
            values.append(Value(KEY).read(r))
            if r.at - start > KEY:
                raise r.limit("bytes of a key")
        return values

    def write(self, json):
        return head(4, len(json)) + b"".join(map(value.write, json))


class ScopeName(Text):
    """Names of scopes have one spelling."""

    def read(self, r):
        name = super().read(r)
        if not unicodedata.is_normalized("NFC", name):
            raise r.malformed("a scope's name that is not in normalisation form C")
        return name


hash = Bytes(16, exactly=16)
replica = Mapped(Uint(), lambda bits: f"{int(bits):016x}", lambda text: int(text, 16))
counter = Uint(SAFE, least=1)
seq = Uint(SAFE)
schema_version = Uint(SAFE, least=1)
table = Uint(ID)
label = Text(255)
scope_name = ScopeName(255)
message = Text(4096)
time = Mapped(
    Uint(),
    lambda bits: f"{int(bits) >> 16}.{int(bits) & 0xFFFF}",
    lambda text: int(text.split(".")[0]) << 16 | int(text.split(".")[1]),
)
key = Key()
values = Values()


class DotItems(Codec):
    """A dot is two items of the array around it."""

    items = 2

    def read(self, r):
        return f"{replica.read(r)}:{counter.read(r)}"

    def write(self, json):
        name, count = json.split(":")
        return replica.write(name) + counter.write(count)


dot = DotItems()


def dot_order(text):
    name, count = text.split(":")
    return name, int(count)


class DotSet(Codec):
    def __init__(self, intervals):
        self.intervals = intervals

    def read(self, r):
        items = r.array(self.intervals * 3)
        if items % 3:
            raise r.malformed("an interval has three numbers")
        intervals = []
        for _ in range(items // 3):
            name, low, high = replica.read(r), counter.read(r), counter.read(r)
            if low > high:
                raise r.malformed("an empty interval")
            intervals.append([name, low, high])
        for a, b in zip(intervals, intervals[1:]):
            if not (a[0] < b[0] or (a[0] == b[0] and a[2] + 1 < b[1])):
                raise r.malformed("intervals out of order")
        if sum(high - low + 1 for _, low, high in intervals) > PENDING_DOTS:
            raise r.limit("pending dots")
        return intervals

    def write(self, json):
        return head(4, len(json) * 3) + b"".join(
            replica.write(name) + counter.write(low) + counter.write(high) for name, low, high in json
        )


dot_set = DotSet(4096)
seen = DotSet(SEEN_INTERVALS)

# ---- Cells ----


class CellValue(Codec):
    def read(self, r):
        major = r.peek() >> 5
        if major == 4:
            r.tuple(1)
            return {"values": values.read(r)}
        if major == 7:
            return {"flag": r.bool()}
        return {"delta": number(r.int64())}

    def write(self, json):
        ((kind, content),) = json.items()
        if kind == "values":
            return head(4, 1) + values.write(content)
        return Bool().write(content) if kind == "flag" else encode_int(int(content))


class CellID(Codec):
    def read(self, r):
        items = r.tuple(1, 2)
        json = {"group": table.read(r)}
        if items == 2:
            json["element"] = value.read(r)
        return json

    def write(self, json):
        if "element" not in json:
            return head(4, 1) + table.write(json["group"])
        return head(4, 2) + table.write(json["group"]) + value.write(json["element"])


def cell_order(json):
    return json["group"], b"" if "element" not in json else value.write(json["element"])


cell_id = CellID()
cell_write = Tuple(dot=dot, seq=seq, effective=time, value=CellValue())
