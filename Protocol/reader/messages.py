"""Every message of protocol version 1, from Protocol/specification.md."""

from cbor import MALFORMED_TEXT_TAG, Reader, encode_int, encode_real, head
from codec import Bool, Bytes, Codec, Fields, Int64, List, Mapped, Message, OrNull, SAFE, Text, Tuple, Uint, number
import struct

VALUE = 1 << 20
KEY = 1024
KEY_COLUMNS = 8
COLUMNS = 500
ELEMENTS = 10_000
OPERATIONS = 100_000
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


hash = Bytes(16, exactly=16)
replica = Mapped(Uint(), lambda bits: f"{int(bits):016x}", lambda text: int(text, 16))
counter = Uint(SAFE, least=1)
seq = Uint(SAFE)
schema_version = Uint(SAFE, least=1)
table = Uint(ID)
label = Text(255)
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
    def read(self, r):
        items = r.array(4096 * 3)
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


dot_set = DotSet()

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
writes = List(cell_write, 10_000, least=1, order=lambda write: dot_order(write["dot"]))
cells = List(
    Tuple(cell=cell_id, writes=writes), COLUMNS + ELEMENTS, order=lambda cell: cell_order(cell["cell"])
)

# ---- The sealed transaction ----


class Operation(Codec):
    KINDS = ["insert", "set", "increment", "add", "remove", "delete", "touch"]
    ITEMS = [3, 4, 4, 4, 4, 2, 2]
    LAST = {"set": ("values", values), "increment": ("delta", Int64()), "add": ("element", value),
            "remove": ("element", value)}

    def read(self, r):
        items = r.tuple(2, 3, 4)
        code = r.unsigned()
        json = {"op": self.KINDS[code] if code < 7 else "", "resolves": seq.read(r)}
        if code > 6 or items != self.ITEMS[code]:
            raise r.malformed("unknown operation")
        if json["op"] == "insert":
            count = r.array(COLUMNS * 2)
            if count % 2:
                raise r.malformed("groups come with values")
            groups = []
            for _ in range(count // 2):
                group = self.group(r)
                if groups and groups[-1]["group"] >= group:
                    raise r.malformed("groups out of order")
                groups.append({"group": group, "values": values.read(r)})
            json["groups"] = groups
        elif json["op"] in self.LAST:
            name, codec = self.LAST[json["op"]]
            json["group"] = self.group(r)
            json[name] = codec.read(r)
        return json

    def group(self, r):
        group = table.read(r)
        if group == 0:
            raise r.malformed("group 0")
        return group

    def write(self, json):
        code = self.KINDS.index(json["op"])
        out = head(4, self.ITEMS[code]) + encode_int(code) + seq.write(json["resolves"])
        if json["op"] == "insert":
            out += head(4, 2 * len(json["groups"]))
            for item in json["groups"]:
                out += table.write(item["group"]) + values.write(item["values"])
        elif json["op"] in self.LAST:
            name, codec = self.LAST[json["op"]]
            out += table.write(json["group"]) + codec.write(json[name])
        return out


def operation_order(json):
    """Ascends by group, within a set group by element: nothing else may name a group twice."""
    element = value.write(json["element"]) if json["op"] in ("add", "remove") else None
    return json.get("group", 0), element


class RowChange(Codec):
    def __init__(self, base):
        self.base = base

    def read(self, r):
        items = r.tuple(4, 5)
        json = {"table": table.read(r), "key": key.read(r)}
        if self.base is not None and r.null():
            json["base"] = self.base
        else:
            json["base"] = seq.read(r)
            if json["base"] == self.base:
                raise r.malformed("not the shortest encoding")
        count = r.array(OPERATIONS)
        if not count:
            raise r.malformed("a row without operations")
        operations = []
        for _ in range(count):
            item = Operation().read(r)
            if operations:
                (a, x), (b, y) = operation_order(operations[-1]), operation_order(item)
                if not (a < b or (a == b and x is not None and y is not None and x < y)):
                    raise r.malformed("operations out of order")
            operations.append(item)
        if count > 1 and any(item["op"] in ("insert", "delete") for item in operations):
            raise r.malformed("an insert or delete stands alone")
        json["operations"] = operations
        if items == 5:
            json["parentBase"] = seq.read(r)
            if json["parentBase"] == self.base:
                raise r.malformed("not the shortest encoding")
        return json

    def write(self, json):
        base = b"\xf6" if json["base"] == self.base else seq.write(json["base"])
        operations = head(4, len(json["operations"])) + b"".join(map(Operation().write, json["operations"]))
        parent = seq.write(json["parentBase"]) if "parentBase" in json else b""
        items = head(4, 5 if parent else 4)
        return items + table.write(json["table"]) + key.write(json["key"]) + base + operations + parent


def row_order(json):
    return json["table"], key.write(json["key"])


class Rows(Codec):
    def __init__(self, base):
        self.change = RowChange(base)

    def read(self, r):
        count = r.array(OPERATIONS)
        if not count:
            raise r.malformed("a transaction without rows")
        rows, operations = [], 0
        for _ in range(count):
            row = self.change.read(r)
            if rows and not row_order(rows[-1]) < row_order(row):
                raise r.malformed("rows out of order")
            operations += len(row["operations"])
            if operations > OPERATIONS:
                raise r.limit("operations")
            rows.append(row)
        return rows

    def write(self, json):
        return head(4, len(json)) + b"".join(map(self.change.write, json))


class Mode(Codec):
    NAMES = ["merge", "strict"]

    def read(self, r):
        mode = r.unsigned()
        if mode > 1:
            raise r.malformed("unknown mode")
        return self.NAMES[mode]

    def write(self, json):
        return encode_int(self.NAMES.index(json))


class Transaction(Message):
    def __init__(self):
        super().__init__(
            dict(
                replica=replica, counter=counter, previous=hash, time=time, epoch=hash, base=seq, seen=dot_set,
                schemaVersion=seq, role=label, mode=Mode(), author=label, rows=None,
            ),
            sealed=True,
        )

    def read(self, r):
        if len(r.data) > TRANSACTION:
            raise r.limit("bytes of a transaction")
        return super().read(r)

    def field(self, name, codec, r, before):
        return Rows(before["base"]).read(r) if name == "rows" else codec.read(r)

    def write(self, json):
        self.required = dict(self.required, rows=Rows(json["base"]))
        return super().write(json)


# ---- Verdicts and pages ----


class Refusal(Codec):
    def read(self, r):
        r.tuple(5)
        json = {"rule": label.read(r)}
        place = table.read(r)
        if r.null():
            if place:
                raise r.malformed("a refusal with a table and no row")
            json["row"] = None
        else:
            json["row"] = {"table": place, "key": key.read(r)}
        json.update(group=table.read(r), message=message.read(r))
        return json

    def write(self, json):
        row = b"\x00\xf6" if json["row"] is None else table.write(json["row"]["table"]) + key.write(json["row"]["key"])
        return head(4, 5) + label.write(json["rule"]) + row + table.write(json["group"]) + message.write(json["message"])


class Verdict(Codec):
    fields = Fields(dot=dot, seq=seq, effective=time, opensEntries=Bool())

    def read(self, r):
        items = r.tuple(5, 6)
        json = self.fields.read(r)
        if items == 6:
            json["refusal"] = Refusal().read(r)
        return json

    def write(self, json):
        if "refusal" not in json:
            return head(4, 5) + self.fields.write(json)
        return head(4, 6) + self.fields.write(json) + Refusal().write(json["refusal"])


verdict = Verdict()


class Grants(List):
    def __init__(self):
        rights = Mapped(
            Uint(3),
            lambda bits: {"readable": bits & 1 != 0, "writable": bits & 2 != 0},
            lambda json: (1 if json["readable"] else 0) | (2 if json["writable"] else 0),
        )
        super().__init__(Tuple(scope=label, _rights=rights), 4096, order=lambda grant: grant["scope"].encode())


grants = Grants()
sibling = Tuple(write=cell_write, author=label, device=label)
entries = List(
    Tuple(cell=cell_id, opened=seq, siblings=List(sibling, 10_000, least=1)),
    COLUMNS + ELEMENTS,
    order=lambda entry: cell_order(entry["cell"]),
)
notice = Tuple(table=table, key=key, cell=cell_id, seq=seq, lost=cell_write, shown=OrNull(sibling))
digest = Tuple(sum=Bytes(32, exactly=32), count=seq)


class Row(Codec):
    """Trailing empty lists are left out."""

    def __init__(self, columns):
        self.columns = columns

    def read(self, r):
        items = r.tuple(3, 4, 5)
        json = {"seq": seq.read(r), "key": key.read(r)}
        if r.null():
            json["values"] = None
        else:
            r.tuple(self.columns)
            json["values"] = [value.read(r) for _ in range(self.columns)]
        json["stamps"] = cells.read(r) if items > 3 else []
        json["entries"] = entries.read(r) if items > 4 else []
        if (items == 4 and not json["stamps"]) or (items == 5 and not json["entries"]):
            raise r.malformed("not the shortest encoding")
        return json

    def write(self, json):
        items = 5 if json["entries"] else 4 if json["stamps"] else 3
        out = head(4, items) + seq.write(json["seq"]) + key.write(json["key"])
        if json["values"] is None:
            out += b"\xf6"
        else:
            out += head(4, len(json["values"])) + b"".join(map(value.write, json["values"]))
        if items > 3:
            out += cells.write(json["stamps"])
        return out + (entries.write(json["entries"]) if items > 4 else b"")


class Run(Codec):
    columns = List(table, COLUMNS, order=lambda column: column)

    def read(self, r):
        r.tuple(3)
        json = {"table": table.read(r), "columns": self.columns.read(r)}
        json["rows"] = List(Row(len(json["columns"])), INFLATED_BODY).read(r)
        return json

    def write(self, json):
        rows = List(Row(len(json["columns"]))).write(json["rows"])
        return head(4, 3) + table.write(json["table"]) + self.columns.write(json["columns"]) + rows


closing = Tuple(
    head=seq,
    logHash=hash,
    confirmed=List(verdict, PENDING_DOTS, order=lambda verdict: verdict["seq"]),
    exits=List(Tuple(table=table, key=key), INFLATED_BODY, order=row_order),
    notices=List(notice, INFLATED_BODY),
    digests=List(digest, 4096),
    durable=seq,
)


class Page(Codec):
    fields = Fields(grants=grants, role=label, runs=List(Run(), INFLATED_BODY), token=Bytes(4096))

    def read(self, r):
        items = r.tuple(4, 5)
        json = self.fields.read(r)
        if (json["token"] == "") != (items == 5):
            raise r.malformed("a page either has a token or is the last")
        if items == 5:
            json["closing"] = closing.read(r)
        return json

    def write(self, json):
        if "closing" not in json:
            return head(4, 4) + self.fields.write(json)
        return head(4, 5) + self.fields.write(json) + closing.write(json["closing"])


# ---- Messages ----


class Part(Codec):
    fields = Tuple(dot=dot, hash=hash, total=Uint(TRANSACTION), offset=Uint(TRANSACTION), bytes=Bytes(4 << 20))

    def read(self, r):
        json = self.fields.read(r)
        if json["offset"] + len(json["bytes"]) // 2 > json["total"]:
            raise r.malformed("a part beyond its transaction")
        return json

    def write(self, json):
        return self.fields.write(json)


class SyncRequest(Message):
    def __init__(self):
        super().__init__(
            dict(
                organisation=hash, schemaHash=hash, epoch=hash, base=seq, logHash=hash, replica=replica,
                pending=dot_set, floor=seq, scopes=List(label, 4096, order=lambda scope: scope.encode()), role=label,
                push=List(Bytes(INFLATED_BODY), 10_000),
            ),
            {
                13: ("part", Part()),
                14: ("pull", Tuple(token=Bytes(4096), wait=Uint(), pageBytes=Uint(), digests=Bool())),
                15: ("schemaVersion", schema_version),
                16: ("installed", schema_version),
            },
        )

    def field(self, name, codec, r, before):
        json = codec.read(r)
        if name == "floor" and json > before["base"]:
            raise r.malformed("a floor above the base")
        return json


KINDS = {
    "value": value,
    "key": key,
    "dot-set": dot_set,
    "cells": cells,
    "transaction": Transaction(),
    "sync-request": SyncRequest(),
    "sync-response": Message(
        dict(epoch=hash, time=Uint(), verdicts=List(verdict, 10_000), partReceived=Uint(TRANSACTION)),
        {6: ("page", Page()), 7: ("schemaVersion", schema_version)},
    ),
    "enrol-request": Message(
        dict(code=label, schemaHash=hash, replica=replica, organisation=hash), {6: ("schemaVersion", schema_version)}
    ),
    "enrol-response": Message(
        dict(organisation=hash, epoch=hash, device=label, token=label, role=label, grants=grants),
        {8: ("schemaVersion", schema_version)},
    ),
    "verify-request": Message(
        dict(epoch=hash, base=seq, table=table, after=Bytes(KEY)), {6: ("schemaVersion", schema_version)}
    ),
    "verify-response": Message(
        dict(
            tables=List(
                Tuple(table=table, sum=Bytes(32, exactly=32), count=seq), 1000, order=lambda item: item["table"]
            ),
            rows=List(Tuple(key=Bytes(KEY), hash=hash), INFLATED_BODY, order=lambda item: bytes.fromhex(item["key"])),
            more=Bool(),
        )
    ),
    "history-request": Message(
        dict(epoch=hash, table=table, key=key, before=seq, most=Uint(500)), {7: ("schemaVersion", schema_version)}
    ),
    "history-response": Message(
        dict(
            head=seq,
            cells=entries,
            records=List(
                # The base stands written out: there is no header to leave it to.
                Tuple(verdict=verdict, author=label, device=label, received=Uint(), change=OrNull(RowChange(None))),
                500,
                order=lambda record: -record["verdict"]["seq"],
            ),
            next=seq,
        )
    ),
    "rows-request": Message(
        dict(epoch=hash, base=seq, rows=List(Tuple(table=table, key=key), 1000, order=row_order)),
        {5: ("schemaVersion", schema_version)},
    ),
    "rows-response": Message(dict(runs=List(Run(), 1000), answered=Uint(1000))),
    "error-reply": Message(dict(code=label, message=message, retryAfter=Uint())),
}


def read(kind, data):
    """JSON of one whole item."""
    r = Reader(data)
    json = KINDS[kind].read(r)
    if r.left:
        raise r.malformed("bytes after the end")
    return json


def write(kind, json):
    return KINDS[kind].write(json)
