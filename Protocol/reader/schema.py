"""The canonical form of a sync schema file, and its hash (Protocol/specification.md, "The schema hash")."""

import hashlib
import json as JSON

from cbor import encode


def literal(text):
    """A number with a whole value is an integer, however it is written, as long as 64 bits hold it."""
    real = float(text)
    if real.is_integer() and -(2**63) <= real < 2**63:
        return int(real)
    return real


def form(text, version=None):
    """The form of the file's own version, or of an older one: what came later is left out."""
    file = JSON.loads(text, parse_float=literal, parse_int=lambda digits: narrow(int(digits)))
    tables = {table["name"]: table["id"] for table in file["tables"]}
    version = version or file["version"]
    known = [cut(table, version) for table in file["tables"] if table.get("since", 1) <= version]
    ordered = sorted(known, key=lambda table: table["id"])
    return [
        1, version, file["roles"],
        [table_form(table, file["roles"], tables) for table in ordered],
    ]


def cut(table, version):
    first = table.get("since", 1)
    columns = [column for column in table["columns"] if column.get("since", first) <= version]
    names = {column["name"] for column in columns}

    def known(lists, of=lambda item: item):
        return [item for item in lists if set(of(item)) <= names]

    def rule(access):
        kept = {word: [name for name in access[word] if name in names] for word in ("hidden", "columns") if access.get(word)}
        return {**access, **kept}

    return {
        **table,
        "columns": columns,
        "groups": known(table.get("groups", []), lambda group: group["columns"]),
        "unique": known(table.get("unique", [])),
        "access": {role: rule(access) for role, access in table.get("access", {}).items()},
    }


def narrow(value):
    return value if -(2**63) <= value < 2**63 else float(value)


def table_form(table, roles, tables):
    columns = sorted(table["columns"], key=lambda column: column["id"])
    position = {column["name"]: at for at, column in enumerate(columns)}
    key = [position[name] for name in table["key"]]
    append = table.get("append", False)
    parent = table.get("parent")
    return [
        table["id"],
        [
            [
                column["id"], column.get("type", "any"), column.get("required", False),
                column.get("default"), column.get("values"),
            ]
            for column in columns
        ],
        key,
        groups(table, columns, position, key, "immutable" if append else "lww"),
        [template(text, position) for text in table.get("scopes", [])],
        [template(text, position) for text in table.get("homes", [])],
        [position[parent["column"]], tables[parent["table"]]] if parent else None,
        [[position[name] for name in names] for names in table.get("unique", [])],
        append,
        table.get("delete") or ("never" if append else "update_wins"),
        [access(table.get("access", {}).get(role, {}), columns, position) for role in roles],
    ] + ([True] if table.get("giveAway") else [])


def groups(table, columns, position, key, policy):
    taken, found = set(key), []
    for group in table.get("groups", []):
        members = sorted(position[name] for name in group["columns"])
        taken.update(members)
        first = columns[members[0]]
        found.append([
            members, group["policy"], None, group.get("writers", first.get("writers")),
            group.get("first", first.get("first")) or [], group.get("resolver"),
        ])
    for at, column in enumerate(columns):
        if at not in taken:
            found.append([
                [at], column.get("policy", policy), column.get("scale"), column.get("writers"),
                column.get("first") or [], column.get("resolver"),
            ])
    return sorted(found, key=lambda group: group[0][0])


def template(text, position):
    parts = []
    while "{" in text:
        before, rest = text.split("{", 1)
        name, text = rest.split("}", 1)
        if before:
            parts.append([0, before])
        parts.append([2, position[name[5:]]] if name.startswith("each ") else [1, position[name]])
    return parts + ([[0, text]] if text else [])


def access(rule, columns, position):
    def ids(names):
        return sorted({columns[position[name]]["id"] for name in names})

    up_only = rule.get("upOnly", False)
    if not isinstance(up_only, bool):
        up_only = [[position[match["column"]], match["equals"]] for match in up_only]
    return [
        rule.get("read", False), rule.get("write", False), ids(rule.get("hidden", [])),
        ids(rule["columns"]) if rule.get("columns") is not None else None, up_only,
    ]


def schema_hash(text, version=None):
    return hashlib.sha256(encode(form(text, version))).digest()[:16]
