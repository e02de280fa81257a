"""Building blocks: each reads bytes into the plain JSON that the vectors use, and writes that JSON as bytes again."""

from cbor import encode_int, head

SAFE = (1 << 53) - 1


def number(value):
    """JSON numbers are exact up to 2^53-1 everywhere; larger ones travel as decimal text."""
    return value if -SAFE <= value <= SAFE else str(value)


class Codec:
    def read(self, r):
        """JSON of the next item, or items."""
        raise NotImplementedError

    def write(self, json):
        raise NotImplementedError


class Uint(Codec):
    def __init__(self, most=None, least=0):
        self.most, self.least = most, least

    def read(self, r):
        value = r.unsigned(self.most)
        if value < self.least:
            raise r.malformed(f"{value} is less than {self.least}")
        return number(value)

    def write(self, json):
        return encode_int(int(json))


class Int64(Codec):
    def read(self, r):
        return number(r.int64())

    def write(self, json):
        return encode_int(int(json))


class Bool(Codec):
    def read(self, r):
        return r.bool()

    def write(self, json):
        return b"\xf5" if json else b"\xf4"


class Always(Bool):
    """True where it stands; what is false is left out."""

    def read(self, r):
        if not r.bool():
            raise r.malformed("false is left out")
        return True


class Bytes(Codec):
    """Hexadecimal in JSON."""

    def __init__(self, most, exactly=None):
        self.most, self.exactly = most, exactly

    def read(self, r):
        data = r.bytes(self.most)
        if self.exactly is not None and len(data) != self.exactly:
            raise r.malformed(f"{len(data)} bytes instead of {self.exactly}")
        return data.hex()

    def write(self, json):
        data = bytes.fromhex(json)
        return head(2, len(data)) + data


class Text(Codec):
    def __init__(self, most):
        self.most = most

    def read(self, r):
        return r.text(self.most)

    def write(self, json):
        data = json.encode("utf-8")
        return head(3, len(data)) + data


class Mapped(Codec):
    """Another codec's items under other names in JSON."""

    def __init__(self, inner, to_json, from_json):
        self.inner, self.to_json, self.from_json = inner, to_json, from_json

    def read(self, r):
        return self.to_json(self.inner.read(r))

    def write(self, json):
        return self.inner.write(self.from_json(json))


class Fields(Codec):
    """Named items one after the other, without an array of their own; a dotted name merges an object into this one."""

    def __init__(self, **fields):
        self.fields = fields
        self.items = sum(getattr(codec, "items", 1) for codec in fields.values())

    def read(self, r):
        json = {}
        for name, codec in self.fields.items():
            value = codec.read(r)
            json.update(value if name.startswith("_") else {name: value})
        return json

    def write(self, json):
        return b"".join(
            codec.write(json if name.startswith("_") else json[name]) for name, codec in self.fields.items()
        )


class Tuple(Codec):
    """An array with a fixed number of items."""

    def __init__(self, **fields):
        self.fields = Fields(**fields)

    def read(self, r):
        r.tuple(self.fields.items)
        return self.fields.read(r)

    def write(self, json):
        return head(4, self.fields.items) + self.fields.write(json)


class List(Codec):
    """A list of any length up to a limit.

    `order` gives what must ascend strictly; `least` is 1 where an empty list is malformed.
    """

    def __init__(self, inner, most=None, least=0, order=None):
        self.inner, self.most, self.least, self.order = inner, most, least, order

    def read(self, r):
        count = r.array(self.most)
        if count < self.least:
            raise r.malformed("an empty list")
        items = []
        for _ in range(count):
            item = self.inner.read(r)
            if self.order and items and not self.order(items[-1]) < self.order(item):
                raise r.malformed("a list out of order")
            items.append(item)
        return items

    def write(self, json):
        return head(4, len(json)) + b"".join(self.inner.write(item) for item in json)


class OrNull(Codec):
    def __init__(self, inner):
        self.inner = inner

    def read(self, r):
        return None if r.null() else self.inner.read(r)

    def write(self, json):
        return b"\xf6" if json is None else self.inner.write(json)


class Message(Codec):
    """A map with ascending numbers for keys: required fields from 1 on, then optional ones, then what only a newer
    peer knows. Field 1 is the version of the protocol, or of the format."""

    def __init__(self, required, optional=None, sealed=False):
        self.required = required
        self.optional = optional or {}
        self.sealed = sealed
        # That of the protocol, or of the transaction's format.
        self.version = 1 if sealed else 2

    def read(self, r):
        count = r.map(64)
        if not count:
            raise r.malformed("a message without fields")
        self.key(r, 1)
        if r.unsigned() != self.version:
            error = r.malformed("another version")
            error.code = "unsupported_version"
            raise error
        least = len(self.required) + 1
        if count < least or (self.sealed and count > least):
            raise r.malformed("missing fields")
        json = {}
        for at, (name, codec) in enumerate(self.required.items()):
            self.key(r, at + 2)
            json[name] = self.field(name, codec, r, json)
        last = least
        for _ in range(count - least):
            key = r.unsigned()
            if key <= last:
                raise r.malformed("fields out of order")
            last = key
            if key in self.optional:
                name, codec = self.optional[key]
                json[name] = codec.read(r)
            else:
                r.item()
        return json

    def key(self, r, key):
        if r.unsigned() != key:
            raise r.malformed(f"expected field {key}")

    def field(self, name, codec, r, before):
        return codec.read(r)

    def write(self, json):
        known = [(key, name, codec) for key, (name, codec) in sorted(self.optional.items()) if name in json]
        out = head(5, len(self.required) + 1 + len(known)) + b"\x01" + encode_int(self.version)
        for at, (name, codec) in enumerate(self.required.items()):
            out += encode_int(at + 2) + codec.write(json[name])
        for key, name, codec in known:
            out += encode_int(key) + codec.write(json[name])
        return out
