#!/usr/bin/env python3
"""Compares the files of a fleet with plain SQLite and the rules of the sync schema, read here a second time.

    proof.py MANIFEST

It imports nothing of Relay, and of Relay's own tables it reads one: the inbox, which is what people are shown. It
checks that the committee holds the generated organisation (from a file that never met the hub) with every act of the
day's work in it and nothing else, that every device holds exactly the committee's rows of its scopes, that the
conflicts are those which the script of the work leads to and no others, and that no file holds a planted word from
outside its scopes.
"""
import json
import pathlib
import sqlite3
import sys


def load(path, schema):
    """table -> key -> {column: value}"""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    tables = {}
    for table in schema["tables"]:
        names = [c["name"] for c in table["columns"]]
        listed = ", ".join(f'"{n}"' for n in names)
        rows = db.execute(f'SELECT {listed} FROM "{table["name"]}"').fetchall()
        keys = [names.index(k) for k in table["key"]]
        tables[table["name"]] = {tuple(r[k] for k in keys): dict(zip(names, r)) for r in rows}
    inbox = db.execute("SELECT table_name, row_key, column_name FROM relay_inbox WHERE kind = 'conflict'").fetchall()
    check = db.execute("PRAGMA integrity_check").fetchone()[0]
    db.close()
    return tables, sorted(map(list, inbox)), check


def scopes_of(schema, tables):
    """(table, key) -> the names of the scopes that a row lies in."""
    rules = {t["name"]: t for t in schema["tables"]}

    def expand(rule, row):
        if "{" not in rule:
            return [rule]
        head, rest = rule.split("{", 1)
        column, tail = rest.split("}", 1)
        if column.startswith("each "):
            values = json.loads(row[column[5:]] or "[]")
        else:
            values = [row[column]]
        return [f"{head}{v}{tail}" for v in values if v not in (None, "")]

    def of(name, row):
        rule = rules[name]
        if "parent" in rule:
            parent = rule["parent"]
            above = tables[parent["table"]].get((row[parent["column"]],))
            return of(parent["table"], above) if above else set()
        return {scope for pattern in rule["scopes"] for scope in expand(pattern, row)}

    return {(n, key): of(n, row) for n, rows in tables.items() for key, row in rows.items()}


def visible(schema, tables, scopes, device):
    """The rows that a device may hold, with the columns that its role reads."""
    read = {s[:-2] if s.endswith(":r") else s for s in device["scopes"]}
    wanted = {}
    for table in schema["tables"]:
        access = table["access"].get(device["role"], {})
        rows = wanted[table["name"]] = {}
        if not access.get("read"):
            continue
        up = access.get("upOnly", False)
        for key, row in tables[table["name"]].items():
            if up is True or up and any(row[u["column"]] == u["equals"] for u in up):
                continue
            if "*" in read or scopes[table["name"], key] & read:
                rows[key] = {c: v for c, v in row.items() if c not in access.get("hidden", [])}
    return wanted


def expected(schema, manifest):
    """The committee's rows as the generator and the script of the work make them; where two people disagree, the cell
    is a list of what may be shown."""
    tables, _, _ = load(manifest["ground"], schema)
    defaults = {t["name"]: {c["name"]: c.get("default") for c in t["columns"]} for t in schema["tables"]}
    for name, row in manifest["rows"]:
        tables[name][(row["id"],)] = defaults[name] | row
    for name, key, column, value in manifest["cells"] + manifest["sums"] + manifest["conflicts"]:
        tables[name][(key,)][column] = value
    return tables


def places(content, word):
    """Where a word stands in a file; one search of it finds all the planted ones, which begin alike."""
    at = content.find(word)
    while at >= 0:
        yield at
        at = content.find(word, at + 1)


def main():
    manifest = json.loads(pathlib.Path(sys.argv[1]).read_text())
    schema = json.loads(pathlib.Path(manifest["schema"]).read_text())
    hidden = {(t["name"], r): set(a.get("hidden", [])) for t in schema["tables"] for r, a in t["access"].items()}
    whole, asked, _ = load(manifest["committee"], schema)
    scopes = scopes_of(schema, whole)
    wrong, held_true, compared = [], [], 0

    def fail(text):
        wrong.append(text)

    for device in manifest["devices"]:
        tables, inbox, check = load(device["file"], schema)
        if check != "ok":
            fail(f"{device['name']}: integrity check says {check}")
        wanted = visible(schema, whole, scopes, device)
        for name, rows in tables.items():
            right, hide = wanted[name], hidden.get((name, device["role"]), set())
            for key in sorted(set(rows) | set(right)):
                compared += 1
                if key not in right:
                    fail(f"{device['name']} holds {name} {key}, which is not its own")
                elif key not in rows:
                    fail(f"{device['name']} lacks {name} {key}")
                else:
                    seen = {c: v for c, v in rows[key].items() if c not in hide}
                    if seen != right[key]:
                        fail(f"{device['name']}: {name} {key} is {seen}, should be {right[key]}")
        due = sorted(c[:3] for c in manifest["conflicts"] if (c[1],) in wanted[c[0]])
        if inbox != due:
            fail(f"{device['name']} asks about {inbox}, should ask about {due}")
    held_true.append(f"  {len(manifest['devices'])} files, {compared} rows compared with the committee's by scope and role")

    if asked != sorted(c[:3] for c in manifest["conflicts"]):
        fail(f"the committee asks about {asked}, should ask about {manifest['conflicts']}")
    held_true.append(f"  {len(manifest['conflicts'])} conflicts, exactly those that the script of the work leads to")
    held = 0
    names = {device["name"] for device in manifest["devices"]}
    for name, rows in expected(schema, manifest).items():
        held += len(rows)
        for key in sorted(set(rows) | set(whole[name])):
            row, right = whole[name].get(key), rows.get(key)
            # What a device says of itself it says with every sync, not by the script of the work.
            if name == "device_state" and key[0] in names:
                continue
            if row is None or right is None:
                fail(f"the committee {'lacks' if row is None else 'made up'} {name} {key}")
                continue
            for column, value in right.items():
                if row[column] != value and not (isinstance(value, list) and row[column] in value):
                    fail(f"{name} {key}: {column} is {row[column]!r}, should be {value!r}")
    held_true.append(f"  {held} rows at the committee are the generated ones with {len(manifest['rows'])} written rows, "
          f"{len(manifest['cells'])} edits and {len(manifest['sums'])} sums of two doors in force")

    canaries = 0
    for device in manifest["devices"]:
        read = {s[:-2] if s.endswith(":r") else s for s in device["scopes"]}
        content = b"".join(
            p.read_bytes() for p in map(pathlib.Path, (device["file"], device["file"] + "-wal")) if p.exists())
        planted = {content[at:at + 80] for at in places(content, b"canary-")}
        for word, unit in manifest["canaries"]:
            own = "*" in read or f"unit/{unit}" in read and "employer" not in hidden["member", device["role"]]
            canaries += 1
            if any(found.startswith(word.encode()) for found in planted) != own:
                fail(f"{device['name']}: {word} is {'missing' if own else 'in its file'}")
    held_true.append(f"  {canaries} searches for planted words, none found outside its scope or role")
    # What was counted is only worth telling where all of it held.
    for text in [] if wrong else held_true:
        print(text)
    for text in wrong[:20]:
        print("  WRONG: " + text[:600])
    if len(wrong) > 20:
        print(f"  and {len(wrong) - 20} more")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
