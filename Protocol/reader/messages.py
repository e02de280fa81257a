"""Every message of protocol version 2, from Protocol/specification.md."""

from cbor import Reader, head
from codec import Always, Bool, Bytes, Codec, Fields, List, Mapped, Message, OrNull, Tuple, Uint
from items import (
    COLUMNS, CONFIRMED, ELEMENTS, INFLATED_BODY, KEY, SIBLINGS, TRANSACTION, CellValue, cell_id, cell_order,
    cell_write, dot, dot_set, hash, key, label, message, replica, schema_version, scope_name,
    seq, table, time, value)
from push import Push, envelope, openings
from stamps import Stamps
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


class Entry(Codec):
    fields = Fields(cell=cell_id, opened=seq, siblings=List(sibling, SIBLINGS, least=1))

    def read(self, r):
        items = r.tuple(3, 4)
        json = self.fields.read(r)
        if items == 4:
            json["ancestor"] = CellValue().read(r)
        return json

    def write(self, json):
        if "ancestor" not in json:
            return head(4, 3) + self.fields.write(json)
        return head(4, 4) + self.fields.write(json) + CellValue().write(json["ancestor"])


entries = List(Entry(), COLUMNS + ELEMENTS, order=lambda entry: cell_order(entry["cell"]))
notice = Tuple(table=table, key=key, cell=cell_id, seq=seq, lost=cell_write, shown=OrNull(sibling))
digest = Tuple(sum=Bytes(32, exactly=32), count=seq)


class Row(Codec):
    """A row of a run; what is empty at the end is left out, and empty stamps before entries are null."""

    def __init__(self, columns):
        self.columns = len(columns)
        self.stamps = Stamps(columns)

    def read(self, r):
        items = r.tuple(3, 4, 5)
        json = {"seq": seq.read(r), "key": key.read(r)}
        if r.null():
            json["values"] = None
        else:
            r.tuple(self.columns)
            json["values"] = [value.read(r) for _ in range(self.columns)]
        json["stamps"] = []
        if items > 3 and not (items == 5 and r.null()):
            if json["values"] is None:
                raise r.malformed("a dead row has no stamps")
            json["stamps"] = self.stamps.read(r, json["seq"])
        json["entries"] = entries.read(r) if items > 4 else []
        if items == 5 and not json["entries"]:
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
            out += self.stamps.write(json["stamps"], json["seq"]) if json["stamps"] else b"\xf6"
        return out + (entries.write(json["entries"]) if items > 4 else b"")


class Run(Codec):
    columns = List(table, COLUMNS, order=lambda column: column)

    def read(self, r):
        r.tuple(3)
        json = {"table": table.read(r), "columns": self.columns.read(r)}
        json["rows"] = List(Row(json["columns"]), INFLATED_BODY).read(r)
        if not json["rows"]:
            raise r.malformed("a run without rows")
        return json

    def write(self, json):
        rows = List(Row(json["columns"])).write(json["rows"])
        return head(4, 3) + table.write(json["table"]) + self.columns.write(json["columns"]) + rows


closing = Tuple(
    head=seq,
    logHash=hash,
    confirmed=List(verdict, CONFIRMED, order=lambda verdict: verdict["seq"]),
    exits=List(Tuple(table=table, key=key), INFLATED_BODY, order=row_order),
    notices=List(notice, INFLATED_BODY),
    digests=List(digest, 4096),
    durable=seq,
)


class Runs(List):
    def __init__(self):
        super().__init__(Run(), INFLATED_BODY)

    def read(self, r):
        runs = super().read(r)
        for a, b in zip(runs, runs[1:]):
            if a["table"] == b["table"]:
                raise r.malformed("two runs of one table, one behind the other")
        return runs


class Page(Codec):
    fields = Fields(grants=grants, role=label, runs=Runs(), token=Bytes(4096))

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


answers = Tuple(nonce=hash, device=label, replica=replica, base=seq, digest=hash)


class Part(Codec):
    fields = Fields(dot=dot, hash=hash, total=Uint(TRANSACTION), offset=Uint(TRANSACTION), bytes=Bytes(4 << 20))

    def read(self, r):
        items = r.tuple(6, 10, 11)
        json = self.fields.read(r)
        if json["offset"] + len(json["bytes"]) // 2 > json["total"]:
            raise r.malformed("a part beyond its transaction")
        if items > 6:
            json["envelope"] = envelope.read(r, items - 6)
        return json

    def write(self, json):
        if "envelope" not in json:
            return head(4, 6) + self.fields.write(json)
        items = 6 + envelope.items(json["envelope"])
        return head(4, items) + self.fields.write(json) + envelope.write(json["envelope"])


class SyncRequest(Message):
    """`push` lists the transactions as they were sealed, `envelopes` what stands round some of them."""

    def __init__(self):
        super().__init__(
            dict(
                nonce=hash, organisation=hash, schemaHash=hash, epoch=hash, base=seq, logHash=hash, replica=replica,
                pending=dot_set, floor=seq, scopes=List(scope_name, 4096, order=lambda scope: scope.encode()),
                role=label, push=Push(),
            ),
            {
                14: ("part", Part()),
                15: ("pull", Tuple(token=Bytes(4096), wait=Uint(), pageBytes=Uint(), digests=Bool())),
                16: ("schemaVersion", schema_version),
                17: ("installed", schema_version),
                18: ("last", hash),
            },
        )

    def field(self, name, codec, r, before):
        if name == "push":
            transactions, before["envelopes"] = codec.read(r)
            before["short"] = codec.last
            return transactions
        json = codec.read(r)
        if name == "floor" and json > before["base"]:
            raise r.malformed("a floor above the base")
        return json

    def read(self, r):
        json = super().read(r)
        if json.pop("short") != json.pop("last", None):
            raise r.malformed("the transactions are not those that were sent")
        if not json["envelopes"]:
            del json["envelopes"]
        return json

    def write(self, json):
        pushed, last = Push().write(json["push"], json.get("envelopes", {}))
        json = dict(json, push=pushed, **({"last": last} if last else {}))
        self.required["push"] = Written()
        try:
            return super().write(json)
        finally:
            self.required["push"] = Push()


class Written(Codec):
    def write(self, data):
        return data


origin = Tuple(parent=hash, fork=seq)

KINDS = {
    "value": value,
    "key": key,
    "dot-set": dot_set,
    "run": Run(),
    "transaction": Transaction(),
    "sync-request": SyncRequest(),
    "sync-response": Message(
        dict(answers=answers, epoch=hash, time=Uint(), verdicts=List(verdict, 10_000), partReceived=Uint(TRANSACTION)),
        {7: ("page", Page()), 8: ("schemaVersion", schema_version), 9: ("whole", Always()), 10: ("origin", origin),
         11: ("rowsInAll", seq), 12: ("openings", openings), 13: ("unasked", seq)},
    ),
    "enrol-request": Message(
        dict(nonce=hash, code=label, schemaHash=hash, replica=replica, organisation=hash),
        {7: ("schemaVersion", schema_version)},
    ),
    "enrol-response": Message(
        dict(answers=answers, organisation=hash, epoch=hash, device=label, token=label, role=label, grants=grants),
        {9: ("schemaVersion", schema_version)},
    ),
    "verify-request": Message(
        dict(nonce=hash, epoch=hash, base=seq, table=table, after=Bytes(KEY)), {7: ("schemaVersion", schema_version)}
    ),
    "verify-response": Message(
        dict(
            answers=answers,
            tables=List(
                Tuple(table=table, sum=Bytes(32, exactly=32), count=seq), 1000, order=lambda item: item["table"]
            ),
            rows=List(Tuple(key=Bytes(KEY), hash=hash), INFLATED_BODY, order=lambda item: bytes.fromhex(item["key"])),
            more=Bool(),
        )
    ),
    "history-request": Message(
        dict(nonce=hash, epoch=hash, table=table, key=key, before=seq, most=Uint(500)), {8: ("schemaVersion", schema_version)}
    ),
    "history-response": Message(
        dict(
            answers=answers,
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
        dict(nonce=hash, epoch=hash, base=seq, rows=List(Tuple(table=table, key=key), 1000, order=row_order)),
        {6: ("schemaVersion", schema_version)},
    ),
    "rows-response": Message(dict(answers=answers, runs=Runs(), answered=Uint(1000))),
    "error-reply": Message(dict(code=label, message=message, retryAfter=Uint()), {5: ("epoch", hash), 6: ("origin", origin)}),
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
