#!/usr/bin/env python3
"""Reads every golden vector of Protocol/vectors with a reader that shares nothing with the Swift sources, and checks
what they say: contents both ways, hashes, refusals, and that relay.cddl describes them. Python's own library only.

    python3 Protocol/reader/check.py
"""

import hashlib
import json
import pathlib
import sys
import zlib

import cddl
import items
import messages
import schema
from cbor import Map, Refused, decode, encode

PROTOCOL = pathlib.Path(__file__).resolve().parent.parent
CDDL = cddl.Schema((PROTOCOL / "relay.cddl").read_text())


class Failure(Exception):
    pass


def equal(got, expected, what):
    if got != expected:
        raise Failure(f"{what}:\n  expected {short(expected)}\n  got      {short(got)}")


def short(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 2000 else text[:2000] + " …"


def code(kind, data):
    """The code with which a reader refuses; None where it does not."""
    try:
        messages.read(kind, data)
    except Refused as refusal:
        return refusal.code
    return None


# ---- What a file may hold ----


def check_valid(vector):
    """A valid item: its content, the same bytes again, and CDDL."""
    kind, data = vector["kind"], bytes.fromhex(vector["hex"])
    try:
        content = messages.read(kind, data)
    except Refused as refusal:
        raise Failure(f"refused: {refusal}") from None
    equal(content, vector["content"], "content")
    equal(messages.write(kind, vector["content"]).hex(), vector.get("again", vector["hex"]), "bytes")
    if not CDDL.matches(kind, decode(data)):
        raise Failure("relay.cddl does not describe it")
    if "again" not in vector:
        check_holes(kind, decode(data))


class Foreign:
    """An item that CDDL must not take anywhere."""


def check_holes(kind, item):
    """Puts something foreign in each place in turn: a description that does not notice describes nothing there."""
    for place in places(item):
        changed = replaced(item, place)
        if CDDL.matches(kind, changed):
            raise Failure(f"relay.cddl takes anything at {place}")


def places(item, path=()):
    yield path
    if isinstance(item, Map):
        for at, (_, inner) in enumerate(item):
            yield from places(inner, path + (at,))
    elif isinstance(item, list):
        for at, inner in enumerate(item):
            yield from places(inner, path + (at,))


def replaced(item, path):
    if not path:
        return Foreign()
    copy = type(item)(item)
    if isinstance(item, Map):
        copy[path[0]] = (item[path[0]][0], replaced(item[path[0]][1], path[1:]))
    else:
        copy[path[0]] = replaced(item[path[0]], path[1:])
    return copy


def check_invalid(vector):
    """Bytes that every reader must refuse, with this code. `cddl` says where the description alone would take them."""
    kind, data = vector["kind"], bytes.fromhex(vector["hex"])
    equal(code(kind, data), vector["error"], "code")
    try:
        item = decode(data)
    except Refused:
        return
    equal(CDDL.matches(kind, item), vector.get("cddl") == "accepts", "relay.cddl takes it")


def check_truncated(vector):
    """Every beginning of a message that is not the whole."""
    data = bytes.fromhex(vector["hex"])
    equal(code(vector["kind"], data), None, "the whole")
    for count in range(len(data)):
        equal(code(vector["kind"], data[:count]), vector["error"], f"cut after {count} bytes")


def check_chain(links):
    """A replica's transactions, each hashed onto the one before, and the hub's log over them."""
    previous, log = bytes(16), bytes(16)
    for at, link in enumerate(links):
        data = bytes.fromhex(link["hex"])
        content = messages.read("transaction", data)
        equal(content["counter"], at + 1, "counter")
        equal(content["previous"], previous.hex(), "previous hash")
        previous = hashlib.sha256(previous + data).digest()[:16]
        equal(previous.hex(), link["hash"], "hash")
        log = hashlib.sha256(log + previous + (b"\x01" if link["accepted"] else b"\x00")).digest()[:16]
        equal(log.hex(), link["logHash"], "log hash")


def check_forks(links, forks):
    """What each of them is called as the first that only one of two copies has."""
    equal(len(forks), len(links), "forks")
    for link, fork in zip(links, forks):
        equal(fork["sealed"], link["dot"], "sealed")
        equal(fork["hash"], link["hash"], "hash")
        replica, counter = link["dot"].split(":")
        place = bytes.fromhex(replica) + int(counter).to_bytes(8, "big")
        name = hashlib.sha256(b"fork" + place + bytes.fromhex(link["hash"])).digest()[:8]
        equal(fork["name"], name.hex() + ":1", "name")


def check_parts(whole, requests):
    """Requests whose parts, joined, are one transaction of the chain."""
    joined = b""
    for vector in requests:
        part = messages.read("sync-request", bytes.fromhex(vector["hex"]))["part"]
        equal(part["dot"], whole["dot"], "dot")
        equal(part["hash"], whole["hash"], "hash")
        equal(part["offset"], len(joined), "offset")
        joined += bytes.fromhex(part["bytes"])
        equal(part["total"], len(whole["hex"]) // 2, "total")
        equal(vector["received"], len(joined), "received")
    equal(joined.hex(), whole["hex"], "the parts, joined")


def row_form(row):
    out = [row["table"], decode(items.key.write(row["key"]))]
    for column in row["columns"]:
        out += [column["id"], decode(items.value.write(column["value"]))]
    return out


def check_digest(rows, sums):
    total, hashes = 0, []
    for row in rows:
        form = row_form(row)
        equal(encode(form).hex(), row["form"], "form")
        if not CDDL.matches("row-form", form):
            raise Failure("relay.cddl does not describe the row's form")
        hashes.append(hashlib.sha256(encode(form)).digest())
        equal(hashes[-1].hex(), row["hash"], "hash")
    for told in sums:
        total = sum(int.from_bytes(hashes[at], "big") for at in told["rows"]) % (1 << 256)
        equal(f"{total:064x}", told["sum"], f"sum of rows {told['rows']}")
        equal(len(told["rows"]), told["count"], "count")


def check_schema(vector):
    form = schema.form(vector["file"])
    equal(encode(form).hex(), vector["form"], "form")
    equal(schema.schema_hash(vector["file"]).hex(), vector["hash"], "hash")
    for older in vector["older"]:
        equal(schema.schema_hash(vector["file"], older["version"]).hex(), older["hash"], f"hash at {older['version']}")
    if not CDDL.matches("schema-form", form):
        raise Failure("relay.cddl does not describe the schema's form")
    check_holes("schema-form", form)


KINDS = {"/v1/enrol": "enrol", "/v1/sync": "sync"}


def check_session(exchanges):
    """A recorded session: bodies both ways, answers that name their requests, chains, and the hub's log."""
    hashes, verdicts = {}, {}
    for at, exchange in enumerate(exchanges):
        what = f"exchange {at + 1}"
        kind, data = KINDS[exchange["path"]], bytes.fromhex(exchange["request"])
        answer = bytes.fromhex(exchange["response"])
        request = read_both_ways(f"{kind}-request", data, what)
        if exchange["status"] != 200:
            read_both_ways("error-reply", answer, what)
            continue
        response = read_both_ways(f"{kind}-response", answer, what)
        told = response["answers"]
        equal(told["nonce"], request["nonce"], f"{what}: nonce")
        equal(told["device"], exchange["device"], f"{what}: device")
        equal(told["digest"], hashlib.sha256(data).digest()[:16].hex(), f"{what}: digest")
        for sealed in map(bytes.fromhex, request.get("push", [])):
            content = messages.read("transaction", sealed)
            dot = f"{content['replica']}:{content['counter']}"
            equal(content["previous"], hashes.get(f"{content['replica']}:{content['counter'] - 1}", bytes(16)).hex(), dot)
            hashes[dot] = hashlib.sha256(bytes.fromhex(content["previous"]) + sealed).digest()[:16]
        for verdict in response.get("verdicts", []):
            verdicts[verdict["seq"]] = verdict
        if "closing" in response.get("page", {}):
            head, log = response["page"]["closing"]["head"], bytes(16)
            for number in range(1, head + 1):
                accepted = b"\x00" if "refusal" in verdicts[number] else b"\x01"
                log = hashlib.sha256(log + hashes[verdicts[number]["dot"]] + accepted).digest()[:16]
            equal(log.hex(), response["page"]["closing"]["logHash"], f"{what}: log hash")


def read_both_ways(kind, data, what):
    try:
        content = messages.read(kind, data)
    except Refused as refusal:
        raise Failure(f"{what}: refused: {refusal}") from None
    equal(messages.write(kind, content).hex(), data.hex(), f"{what}: bytes")
    if not CDDL.matches(kind, decode(data)):
        raise Failure(f"{what}: relay.cddl does not describe it")
    return content


def inflate(packed):
    """What one gzip member holds, by the bounds of section 3; raises Refused."""
    inflater, plain, at = zlib.decompressobj(31), 0, 0
    out = []
    while at < len(packed) or inflater.unconsumed_tail:
        piece = inflater.unconsumed_tail or packed[at:at + 64]
        if not inflater.unconsumed_tail:
            at += 64
        try:
            more = inflater.decompress(piece, 1 << 16)
        except zlib.error as error:
            raise Refused("malformed_message", str(error), at) from None
        out.append(more)
        plain += len(more)
        if plain > 32 << 20 or plain > 1 << 20 and plain > 100 * min(at, len(packed)):
            raise Refused("limit_exceeded", "inflates too far", at)
        if inflater.eof and (inflater.unused_data or at < len(packed)):
            raise Refused("malformed_message", "bytes behind the member", at)
    if not inflater.eof:
        raise Refused("malformed_message", "cut off", at)
    return b"".join(out)


def check_gzip(vector):
    try:
        plain = inflate(bytes.fromhex(vector["packed"]))
    except Refused as refusal:
        return equal(refusal.code, vector.get("error"), f"code ({refusal})")
    equal(None, vector.get("error"), "refused")
    equal(len(plain), vector["bytes"], "length")
    if "plain" in vector:
        equal(plain.hex(), vector["plain"], "bytes")


def checks(file):
    """(name, check) of everything in one file."""
    for vector in file.get("valid", []):
        yield vector["name"], lambda v=vector: check_valid(v)
    for vector in file.get("invalid", []):
        yield vector["name"], lambda v=vector: check_invalid(v)
    for vector in file.get("truncated", []):
        yield vector["name"], lambda v=vector: check_truncated(v)
    if "chain" in file:
        yield "chain", lambda: check_chain(file["chain"])
        whole = file["chain"][-1]
        yield "parts", lambda: check_parts(whole, file["parts"])
        yield "forks", lambda: check_forks(file["chain"], file["forks"])
    if "exchanges" in file:
        yield "session", lambda: check_session(file["exchanges"])
    if "rows" in file:
        yield "digest", lambda: check_digest(file["rows"], file["sums"])
    for vector in file.get("gzip", []):
        yield vector["name"], lambda v=vector: check_gzip(v)
    for vector in file.get("schemas", []):
        yield vector["name"], lambda v=vector: check_schema(v)


def main():
    count, failed = 0, 0
    for path in sorted((PROTOCOL / "vectors").glob("*.json")):
        file = json.loads(path.read_text())
        for name, check in checks(file):
            count += 1
            try:
                check()
            except Failure as failure:
                failed += 1
                print(f"{path.name}: {name}: {failure}", file=sys.stderr)
    print(f"Protocol: {count} golden vectors read by the independent reader, {failed} of them wrong")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
