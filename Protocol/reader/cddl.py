"""Checks decoded CBOR against the part of CDDL (RFC 8610) that relay.cddl uses.

Arrays are matched from left to right without going back, as RFC 8610 (appendix A) has it.
"""

import re

from cbor import Map, Refused, Tag, decode

TOKEN = re.compile(
    r"(?P<skip>\s+|;[^\n]*)|(?P<number>-?\d+)|(?P<name>[A-Za-z@_$][\w.$@-]*)|(?P<text>\"[^\"]*\")"
    r"|(?P<control>\.[a-z]+)|(?P<op>#6\.|//|=>|\.\.|[=/\[\]{}(),:?*+])"
)


def tokens(text):
    at, out = 0, []
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise SyntaxError(f"CDDL: unexpected {text[at:at + 20]!r}")
        at = found.end()
        if found.lastgroup != "skip":
            out.append((found.lastgroup, found.group()))
    return out + [("end", "")]


class Parser:
    def __init__(self, text):
        self.tokens = tokens(text)
        self.at = 0

    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, text):
        if self.peek()[1] == text and self.peek()[0] != "text":
            self.at += 1
            return True
        return False

    def expect(self, text):
        if not self.accept(text):
            raise SyntaxError(f"CDDL: expected {text!r}, found {self.peek()[1]!r}")

    def rules(self):
        rules = {}
        while self.peek()[0] != "end":
            kind, name = self.next()
            self.expect("=")
            if kind != "name" or name in rules:
                raise SyntaxError(f"CDDL: {name!r} cannot be a rule, or is one already")
            if self.accept("("):
                rules[name] = ("group", self.group(")"))
            else:
                rules[name] = self.type()
        return rules

    def type(self):
        choices = [self.type1()]
        while self.accept("/"):
            choices.append(self.type1())
        return choices[0] if len(choices) == 1 else ("choice", choices)

    def type1(self):
        left = self.type2()
        if self.accept(".."):
            return ("range", left, self.type2())
        if self.peek()[0] == "control":
            return ("control", self.next()[1], left, self.type2())
        return left

    def type2(self):
        kind, text = self.next()
        if kind == "number":
            return ("value", int(text))
        if kind == "text":
            return ("value", text[1:-1])
        if kind == "name":
            return ("name", text)
        if text == "(":
            inner = self.type()
            self.expect(")")
            return inner
        if text == "[":
            return ("array", self.group("]"))
        if text == "{":
            return ("map", self.group("}"))
        if text == "#6.":
            number = int(self.next()[1])
            self.expect("(")
            inner = self.type()
            self.expect(")")
            return ("tag", number, inner)
        raise SyntaxError(f"CDDL: unexpected {text!r}")

    def group(self, close):
        """Choices of lists of (least, most, key or None, type)."""
        choices = [[]]
        while not self.accept(close):
            if self.accept("//"):
                choices.append([])
                continue
            choices[-1].append(self.entry())
            self.accept(",")
        return choices

    def entry(self):
        least, most = 1, 1
        if self.accept("?"):
            least = 0
        elif self.accept("+"):
            most = None
        elif self.accept("*"):
            least, most = 0, None
        elif self.peek()[0] == "number" and self.peek(1)[1] == "*":
            least, most = int(self.next()[1]), None
            self.expect("*")
            if self.peek()[0] == "number":
                most = int(self.next()[1])
        if self.accept("("):
            return least, most, None, ("group", self.group(")"))
        if self.peek()[0] in ("name", "number", "text") and self.peek(1)[1] == ":":
            kind, text = self.next()
            self.expect(":")
            return least, most, int(text) if kind == "number" else text, self.type()
        node = self.type()
        if self.accept("=>"):
            return least, most, ("type", node), self.type()
        return least, most, None, node


PRELUDE = {
    "any": lambda item: True,
    "uint": lambda item: is_int(item) and item >= 0,
    "int": lambda item: is_int(item),
    "bstr": lambda item: isinstance(item, bytes),
    "tstr": lambda item: isinstance(item, str),
    "bool": lambda item: isinstance(item, bool),
    "true": lambda item: item is True,
    "null": lambda item: item is None,
    "float": lambda item: isinstance(item, float),
}


def is_int(item):
    return isinstance(item, int) and not isinstance(item, bool)


class Schema:
    def __init__(self, text):
        self.rules = Parser(text).rules()
        for rule in self.rules.values():
            self.check_names(rule)

    def check_names(self, node):
        if isinstance(node, (list, tuple)):
            if len(node) == 2 and node[0] == "name":
                if node[1] not in self.rules and node[1] not in PRELUDE:
                    raise SyntaxError(f"CDDL: there is no rule {node[1]!r}")
                return
            for inner in node:
                self.check_names(inner)

    def matches(self, rule, item):
        return self.type(("name", rule), item)

    def type(self, node, item):
        kind = node[0]
        if kind == "name":
            if node[1] in self.rules:
                return self.type(self.rules[node[1]], item)
            return PRELUDE[node[1]](item)
        if kind == "value":
            return item == node[1] and type(item) is type(node[1])
        if kind == "choice":
            return any(self.type(choice, item) for choice in node[1])
        if kind == "range":
            return is_int(item) and node[1][1] <= item <= node[2][1]
        if kind == "tag":
            return isinstance(item, Tag) and item.number == node[1] and self.type(node[2], item.content)
        if kind == "array":
            return type(item) is list and self.sequence(node[1], item, 0) == len(item)
        if kind == "map":
            return isinstance(item, Map) and any(self.fields(entries, item) for entries in node[1])
        if kind == "control":
            return self.type(node[2], item) and self.control(node[1], node[3], item)
        raise SyntaxError(f"CDDL: a group stands where a type is needed: {node}")

    def control(self, name, argument, item):
        if name == ".size":
            return self.type(argument, len(item.encode() if isinstance(item, str) else item))
        if name == ".ge":
            return item >= argument[1]
        if name == ".cbor":
            try:
                return self.type(argument, decode(item))
            except Refused:
                return False
        raise SyntaxError(f"CDDL: control {name} is not known here")

    def sequence(self, choices, items, at):
        """Where the first choice that fits ends; None if none does."""
        for entries in choices:
            end = at
            for entry in entries:
                end = self.repeat(entry, items, end)
                if end is None:
                    break
            if end is not None:
                return end
        return None

    def repeat(self, entry, items, at):
        least, most, _, node = entry
        count = 0
        while most is None or count < most:
            end = self.one(node, items, at)
            if end is None or end == at:
                break
            at, count = end, count + 1
        return at if count >= least else None

    def one(self, node, items, at):
        while node[0] == "name" and self.rules.get(node[1], node)[0] in ("group", "name"):
            node = self.rules.get(node[1], node)
            if node[0] == "name" and node[1] not in self.rules:
                break
        if node[0] == "group":
            return self.sequence(node[1], items, at)
        return at + 1 if at < len(items) and self.type(node, items[at]) else None

    def fields(self, entries, pairs):
        left = list(pairs)
        for least, most, key, node in entries:
            count = 0
            for pair in list(left):
                fits = self.type(key[1], pair[0]) if isinstance(key, tuple) else (
                    is_int(pair[0]) and pair[0] == key)
                if fits and (most is None or count < most) and self.type(node, pair[1]):
                    left.remove(pair)
                    count += 1
            if count < least:
                return False
        return not left
