"""Deterministic CBOR (RFC 8949, section 4.2.1) as Relay's wire uses it: a strict reader and a writer.

Written from Protocol/specification.md, not from the Swift sources, so that the two check each other.
"""

import struct

NESTING = 16
MALFORMED_TEXT_TAG = 21076


class Refused(Exception):
    """What a reader says of bytes that it does not take; `code` is the protocol's code for it."""

    def __init__(self, code, why, at):
        super().__init__(f"{code}: {why} at byte {at}")
        self.code = code


class Reader:
    """Reads one item after the other. A length is judged by its limit first, then by what is left; only then taken."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def malformed(self, why):
        return Refused("malformed_message", why, self.at)

    def limit(self, why):
        return Refused("limit_exceeded", why, self.at)

    @property
    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        if count > self.left:
            raise self.malformed("truncated")
        self.at += count
        return self.data[self.at - count : self.at]

    def peek(self):
        if not self.left:
            raise self.malformed("truncated")
        return self.data[self.at]

    def head(self, major, what):
        if self.peek() >> 5 != major:
            raise self.malformed(f"not {what}")
        low = self.take(1)[0] & 31
        if low < 24:
            return low
        if low > 27:
            raise self.malformed("indefinite or reserved length")
        size = 1 << (low - 24)
        argument = int.from_bytes(self.take(size), "big")
        if argument < (24 if size == 1 else 1 << (4 * size)):
            raise self.malformed("not the shortest encoding")
        return argument

    def unsigned(self, most=None):
        value = self.head(0, "an unsigned integer")
        if most is not None and value > most:
            raise self.malformed(f"{value} is more than {most}")
        return value

    def int64(self):
        negative = self.peek() >> 5 == 1
        value = self.head(1 if negative else 0, "an integer")
        if value >= 1 << 63:
            raise self.malformed("beyond 64 bits")
        return -1 - value if negative else value

    def string(self, major, most=None):
        count = self.head(major, "a byte string" if major == 2 else "a text string")
        if most is not None and count > most:
            raise self.limit(f"a string of {count} bytes")
        return self.take(count)

    def bytes(self, most=None):
        return bytes(self.string(2, most))

    def text(self, most=None):
        data = self.string(3, most)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise self.malformed("text is not UTF-8") from None

    def array(self, most=None):
        """The count of a list that may be of any length up to `most`."""
        count = self.head(4, "an array")
        if most is not None and count > most:
            raise self.limit(f"a list of {count}")
        if count > self.left:
            raise self.malformed("array longer than the message")
        return count

    def tuple(self, *counts):
        """The count of an array that has one of these."""
        count = self.head(4, "an array")
        if count not in counts:
            raise self.malformed(f"an array of {count} items")
        return count

    def map(self, most=None):
        count = self.head(5, "a map")
        if most is not None and count > most:
            raise self.limit(f"a map of {count}")
        if count > self.left // 2:
            raise self.malformed("map longer than the message")
        return count

    def bool(self):
        if self.peek() not in (0xF4, 0xF5):
            raise self.malformed("not a boolean")
        return self.take(1)[0] == 0xF5

    def null(self):
        """Takes a null if one is next."""
        if self.peek() != 0xF6:
            return False
        self.at += 1
        return True

    def real(self):
        """The eight bytes of an IEEE 754 double."""
        first = self.take(1)[0]
        if first not in (0xF9, 0xFA, 0xFB):
            raise self.malformed("not a value")
        size = {0xF9: 2, 0xFA: 4, 0xFB: 8}[first]
        raw = self.take(size)
        value = struct.unpack({2: ">e", 4: ">f", 8: ">d"}[size], raw)[0]
        if value != value:
            raise self.malformed("NaN is not a value")
        if encode_real(value) != bytes([first]) + raw:
            raise self.malformed("not the shortest encoding")
        return struct.pack(">d", value)

    def item(self, depth=0):
        """Any one item, as Python objects: ints, bytes, str, list, list of pairs in `Map`, bool, None, `Tag`, float."""
        if depth == NESTING:
            raise self.limit("nesting")
        major = self.peek() >> 5
        if major == 0:
            return self.head(0, "")
        if major == 1:
            return -1 - self.head(1, "")
        if major == 2:
            return self.bytes()
        if major == 3:
            return self.text()
        if major == 4:
            return [self.item(depth + 1) for _ in range(self.array())]
        if major == 5:
            pairs, last = Map(), b""
            for _ in range(self.map()):
                start = self.at
                key = self.item(depth + 1)
                spelled = bytes(self.data[start : self.at])
                if not last < spelled:
                    raise self.malformed("keys out of order")
                last = spelled
                pairs.append((key, self.item(depth + 1)))
            return pairs
        if major == 6:
            number = self.head(6, "")
            return Tag(number, self.item(depth + 1))
        if self.null():
            return None
        if self.peek() in (0xF4, 0xF5):
            return self.bool()
        return struct.unpack(">d", self.real())[0]


class Map(list):
    """The pairs of a map, in their order."""


class Tag:
    def __init__(self, number, content):
        self.number = number
        self.content = content


def head(major, argument):
    for low, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 24:
            return bytes([major << 5 | argument])
        if argument < 1 << (8 * size):
            return bytes([major << 5 | low]) + argument.to_bytes(size, "big")
    raise ValueError(argument)


def encode_int(value):
    return head(0, value) if value >= 0 else head(1, -1 - value)


def encode_real(value):
    """The shortest of half, single and double that holds the value exactly."""
    for first, form in ((0xF9, ">e"), (0xFA, ">f")):
        try:
            raw = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.pack(">d", struct.unpack(form, raw)[0]) == struct.pack(">d", value):
            return bytes([first]) + raw
    return b"\xfb" + struct.pack(">d", value)


def encode(item):
    """Any item that `Reader.item` makes."""
    if item is None:
        return b"\xf6"
    if isinstance(item, bool):
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return encode_int(item)
    if isinstance(item, float):
        return encode_real(item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        data = item.encode("utf-8")
        return head(3, len(data)) + data
    if isinstance(item, Tag):
        return head(6, item.number) + encode(item.content)
    if isinstance(item, Map):
        return head(5, len(item)) + b"".join(encode(key) + encode(value) for key, value in item)
    return head(4, len(item)) + b"".join(map(encode, item))


def decode(data):
    reader = Reader(data)
    item = reader.item()
    if reader.left:
        raise reader.malformed("bytes after the end")
    return item
