"""The sealed transaction, from Protocol/specification.md."""

from cbor import encode_int, head
from codec import Codec, Int64, Message
from items import (
    COLUMNS, OPERATIONS, TRANSACTION, counter, hash, key, label, replica, seen, seq, table, time, value,
    values)


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
                replica=replica, counter=counter, previous=hash, time=time, epoch=hash, base=seq, seen=seen,
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
