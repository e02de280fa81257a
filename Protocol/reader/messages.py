"""Every message of protocol version 1, from Protocol/specification.md."""

from cbor import Reader, head
from codec import Always, Bool, Bytes, Codec, Fields, List, Mapped, Message, OrNull, Tuple, Uint
from items import (
    COLUMNS, ELEMENTS, INFLATED_BODY, KEY, PENDING_DOTS, TRANSACTION, cell_id, cell_order, cell_write, cells,
    dot, dot_set, hash, key, label, message, replica, schema_version, scope_name, seq, table, time, value)
from transaction import RowChange, Transaction, row_order


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
        super().__init__(Tuple(scope=scope_name, _rights=rights), 4096, order=lambda grant: grant["scope"].encode())


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
                pending=dot_set, floor=seq, scopes=List(scope_name, 4096, order=lambda scope: scope.encode()), role=label,
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
        {6: ("page", Page()), 7: ("schemaVersion", schema_version), 8: ("whole", Always())},
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
