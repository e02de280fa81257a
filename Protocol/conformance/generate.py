#!/usr/bin/env python3
"""Makes conformance vectors; README.md says what they are.

    generate.py random FIRST LAST [STEPS]    one random vector a line on standard output, for the seeds FIRST..LAST-1
                                             (none for a seed whose story may rightly go on in two ways)
    generate.py healing FIRST LAST [STEPS]   the same, with files that are copied and put back, and a hub that is put back
    generate.py fill FILE...                 completes directed vectors with what the oracle says
    generate.py check FILE...                fails where a directed vector is not what the oracle says
"""
import json
import random
import sys

from oracle import LIVE, Ambiguous, World
from schema import Schema

FILLED = ("sealed", "shows", "back", "verdicts", "installed", "differs")
ROOTS = ["k0", "k1", "k2", "k3"]
CHILDREN = ["c0", "c1", "c2"]
PLACES = ["1", "2", "3"]


# ------------------------------------------------------------------------------------------------ random vectors

class History:
    """One random history of a small fleet; every fourth over a schema with deletes that win and unique keys."""

    def __init__(self, seed, steps):
        self.rnd, self.serial, self.steps = random.Random(seed), 0, []
        self.name = "market" if seed % 4 == 0 else "house"
        self.schema = Schema.named(self.name)
        names = "abcde"[: self.rnd.randint(3, 5)]
        self.devices = {n: {"role": self.role(), "scopes": self.scopes(),
                            "skew": self.skew()} for n in names}
        self.world = World(self.schema, self.devices)
        for _ in range(steps):
            self.one()
        self.ending()
        self.vector = {"name": f"seed {seed}", "schema": self.name, "devices": self.devices, "steps": self.steps,
                       "end": self.world.end()}

    def do(self, step):
        step.update(self.world.do(step))
        self.steps.append(step)
        return step

    def skew(self):
        return self.rnd.choice([0, 0, -3000, 700_000])

    def ending(self):
        for _ in range(3):
            for name in self.devices:
                self.do({"do": "sync", "on": name})

    def role(self):
        return self.rnd.choice(["office", "member"])

    def scopes(self):
        some = self.rnd.sample(PLACES, self.rnd.choice([1, 2, 2, 3]))
        return {"s/" + s: self.rnd.choice(["rw", "rw", "rw", "r", "w"]) for s in sorted(some)}

    def one(self):
        rnd, world = self.rnd, self.world
        name = rnd.choice(list(world.devices))
        luck = rnd.random()
        if luck < 0.40:
            self.write(name, foreign=rnd.random() < 0.25)
        elif luck < 0.46:
            self.resolve(name)
        elif luck < 0.58:
            step = {"do": "push", "on": name}
            if rnd.random() < 0.5:
                step["most"] = rnd.randint(1, 3)
            if rnd.random() < 0.25:
                step["reply"] = "lost"
            self.do(step)
        elif luck < 0.76:
            step = {"do": rnd.choice(["pull", "pull", "sync"]), "on": name}
            fate = rnd.random()
            if fate < 0.12:
                step["reply"] = "lost"
            elif fate < 0.35:
                step["reply"] = "later"
            self.do(step)
        elif luck < 0.84:
            kept = world.kept.get(name)
            if kept and world.devices[name].fits(kept[1].request) is not None:
                self.do({"do": "deliver", "on": name})
        elif luck < 0.89:
            self.paged(name)
        elif luck < 0.93:
            self.do({"do": "sync", "on": name})
        elif luck < 0.97:
            self.do({"do": "grant", "on": name, "scopes": self.scopes()})
        else:
            self.do({"do": "grant", "on": name, "role": self.role()})

    def paged(self, name):
        """A pull of which the others' work comes between the first page and the rest."""
        inner = []

        def between():
            for other in self.rnd.sample([n for n in self.world.devices if n != name], 2):
                if self.rnd.random() < 0.3:
                    inner.append({"do": "grant", "on": name, "scopes": self.scopes()})
                    yield inner[-1]
                elif self.rnd.random() < 0.8:
                    inner.append({"do": "sync", "on": other})
                    yield inner[-1]
                if step := self.edit(other):
                    for inner_step in (step, {"do": "push", "on": other}):
                        inner.append(inner_step)
                        yield inner_step

        step = {"do": "pull", "on": name, "pages": "one row", "between": between()}
        said = self.world.do(step)
        step["between"] = [{**s, **t} for s, t in zip(inner, said.pop("between"))]
        self.steps.append({**step, **said})

    def write(self, name, foreign):
        step = self.edit(name, foreign)
        if step:
            self.do(step)

    def resolve(self, name):
        world, device, rnd = self.world, self.world.devices[name], self.rnd
        rows = [r for r in sorted(device.conflicts) if r not in device.touched and r in world.hub.rows
                and (device.view(r) is not None or LIVE in device.conflicts[r])
                and not (r in device.images and device.images[r].left) and not device.is_doomed(r)]
        choices = [(r, c) for r in rows for c in sorted(device.conflicts[r], key=str)
                   if device.view(r) is not None or c == LIVE]
        if not choices:
            return
        row, cell = rnd.choice(choices)
        cells = self.world.hub.rows[row].get(cell, {})
        values = sorted({w.value for w in cells.values()}, key=str)
        if cell[0] == "secret" and device.role != "office":
            return
        self.do({"do": "resolve", "on": name, "table": row[0], "key": list(row[1]), "cell": cell[0],
                 "choice": rnd.choice(values) if cell[0] == "_live" else rnd.choice(values + [rnd.randint(1, 5)])})

    def edit(self, name, foreign=False):
        """A random write of one to three rows; None where nothing came of it."""
        rnd, device = self.rnd, self.world.devices[name]
        rows = []
        for row in rnd.sample([("root", (k,)) for k in ROOTS] + [("child", (k,)) for k in CHILDREN],
                              rnd.choice([1, 1, 1, 2, 3])):
            if row in device.images and device.images[row].left:
                continue  # readable, not writable
            if device.is_doomed(row):
                continue  # when its effect leaves the view is the device's business
            rows += self.edit_row(device, row, foreign)
        how = {"foreign": True} if foreign else {"strict": True} if rnd.random() < 0.06 else {}
        return {"do": "write", "on": name, "rows": rows, **how} if rows else None

    def fresh(self, row=None):
        if self.name == "market" and row and row[0] == "child":
            return self.rnd.choice("uvwxyz")
        self.serial += 1
        return f"x{self.serial}"

    def home(self, device):
        mine = [s[2:] for s, rights in sorted(device.scopes.items()) if "w" in rights]
        return self.rnd.choice(mine if mine and self.rnd.random() < 0.85 else PLACES)

    def edit_row(self, device, row, foreign):
        rnd, was = self.rnd, device.view(row)
        item = {"table": row[0], "key": list(row[1])}
        if was is None:
            if rnd.random() < 0.4:
                return []
            return [{**item, "row": self.new(device, row)}]
        what = rnd.choice(["again", "delete", "note", "note", "n", "move", "move"]
                          + (["what"] * 2 if row[0] == "child" else ["name", "name", "top", "once", "also", "secret", "stamp"]))
        if what == "delete":
            return [{**item, "row": None}]
        if what == "again":
            if was.get("stamp") is not None and device.role != "office" and not foreign:
                return []  # the new row would write what its author may not
            return [{**item, "row": None}, {**item, "row": self.new(device, row)}]
        if what == "n":
            return [{**item, "add": {"n": rnd.randint(1, 3)}}]
        change = {}
        if what == "note":
            bad = foreign and row[0] == "root" and rnd.random() < 0.3
            change["note"] = 99 if bad else rnd.randint(1, 5)
        elif what == "move" and row[0] == "child":
            here = [r[1][0] for r in sorted(device.visible()) if r[0] == "root"]
            change["parent"] = rnd.choice(here if here and rnd.random() < 0.8 else ROOTS)
        elif what == "move":
            # The market's rows may be given away.
            anywhere = self.name == "market" or rnd.random() < 0.1
            change["home"] = rnd.choice(PLACES + [None]) if anywhere else self.home(device)
        elif what == "what":
            change["what"] = self.fresh(row)
        elif what == "name":
            change.update(rnd.choice([{"first": self.fresh()}, {"last": self.fresh()},
                                      {"first": self.fresh(), "last": self.fresh()}]))
        elif what == "top":
            change["top"] = rnd.randint(1, 9)
        elif what == "once":
            if was["once"] and rnd.random() < 0.7:
                return []
            change["once"] = self.fresh()
        elif what == "also":
            change["also"] = sorted(set(was["also"]) ^ {rnd.choice(PLACES)})
        elif what == "secret":
            change["secret"] = rnd.randint(1, 9)
        elif what == "stamp":
            if device.role != "office" and not foreign:
                return []
            change["stamp"] = rnd.randint(1, 9)
        return [{**item, "row": change}]

    def new(self, device, row):
        rnd = self.rnd
        if row[0] == "child":
            parents = [r[1][0] for r in sorted(device.visible()) if r[0] == "root"]
            return {"parent": rnd.choice(parents or ROOTS), "what": self.fresh(row), "note": rnd.randint(0, 3),
                    "n": rnd.randint(0, 2)}
        out = {"home": self.home(device), "first": self.fresh(), "note": rnd.randint(0, 3), "n": rnd.randint(0, 2)}
        if rnd.random() < 0.3:
            out["also"] = [rnd.choice(PLACES)]
        if rnd.random() < 0.3:
            out["once"] = self.fresh()
        if rnd.random() < 0.3:
            out["top"] = rnd.randint(1, 9)
        return out


# ---------------------------------------------------------------------------------------------- directed vectors

def fill(vector):
    """The vector with everything that must be observed, as the oracle has it."""
    def bare(step):
        step = {k: v for k, v in step.items() if k not in FILLED}
        if "between" in step:
            step["between"] = [bare(s) for s in step["between"]]
        return step

    def full(step):
        said = world.do(step)
        inner = said.pop("between", None)
        return {**step, **said, **({"between": [{**s, **t} for s, t in zip(step["between"], inner)]} if inner else {})}

    world = World(Schema.named(vector["schema"]), vector["devices"])
    steps = [full(bare(step)) for step in vector["steps"]]
    world.must(vector.get("must", []))
    return {**{k: v for k, v in vector.items() if k not in ("steps", "end")}, "steps": steps, "end": world.end()}


def main():
    command, *rest = sys.argv[1:] or ["help"]
    if command in ("random", "healing"):
        kind = History
        if command == "healing":
            from healing import Healing as kind
        for seed in range(int(rest[0]), int(rest[1])):
            steps = int(rest[2]) if len(rest) > 2 else (15, 30, 60)[seed % 3]
            try:
                print(json.dumps(kind(seed, steps).vector, separators=(",", ":")))
            except Ambiguous:
                continue
    elif command in ("fill", "check"):
        for path in rest:
            with open(path, encoding="utf-8") as file:
                was = file.read()
            now = layout(fill(json.loads(was)))
            if command == "check" and now != was:
                sys.exit(f"{path}: not what the oracle says; run generate.py fill and judge the difference")
            if command == "fill":
                with open(path, "w", encoding="utf-8") as file:
                    file.write(now)
    else:
        sys.exit(__doc__)


def layout(vector):
    """JSON as a person reads it: a line a step and a line a fact."""
    def line(value):
        return json.dumps(value, ensure_ascii=False)

    out = ["{"]
    for key, value in vector.items():
        if key == "steps":
            out.append('  "steps": [')
            for at, step in enumerate(value):
                out += ["    " + text for text in block(step, at + 1 < len(value))]
            out.append("  ],")
        elif key == "must":
            out.append('  "must": [')
            out += [f"    {line(fact)}" + ("," if n + 1 < len(value) else "") for n, fact in enumerate(value)]
            out.append("  ],")
        elif key in ("devices", "end"):
            out.append(f"  {line(key)}: {{")
            inner = list(value.items())
            out += [f"    {line(k)}: {line(v)}" + ("," if n + 1 < len(inner) else "") for n, (k, v) in enumerate(inner)]
            out.append("  }" + ("," if key != "end" else ""))
        else:
            out.append(f"  {line(key)}: {line(value)},")
    return "\n".join(out + ["}", ""])


def block(step, more):
    """What is done on the first line, what is observed on lines of their own."""
    done = {k: v for k, v in step.items() if k not in FILLED}
    seen = [(k, step[k]) for k in FILLED if k in step]
    head = json.dumps(done, ensure_ascii=False)[:-1]
    lines = [head] + [f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in seen]
    return (",\n".join(lines) + "}" + ("," if more else "")).split("\n")


if __name__ == "__main__":
    main()
