"""Random histories in which files are copied and put back, the hub is put back, and what is old is forgotten."""
import copy

from generate import History

DAY = 86_400_000


class Healing(History):
    """Clocks agree, so that no two writes have one time: ids of forks have no order that a vector could state."""

    def __init__(self, seed, steps):
        self.copies, self.backups, self.gone = 0, 0, set()
        super().__init__(seed, steps)

    def skew(self):
        return 0

    def files(self):
        """The files that are in use: one that was put back to a copy is not."""
        return [name for name in self.world.devices if name not in self.gone]

    def one(self):
        rnd = self.rnd
        name, luck = rnd.choice(self.files()), rnd.random()
        if luck < 0.05 and self.copies < 3:
            self.copies += 1
            self.do({"do": "copy", "on": name, "as": f"{name}{self.copies}"})
            self.put_back = getattr(self, "put_back", [])
            if rnd.random() < 0.5:  # a backup, to which the file is put back some time
                self.gone.add(f"{name}{self.copies}")
                self.put_back.append((name, f"{name}{self.copies}"))
        elif luck < 0.08 and getattr(self, "put_back", []):
            old, new = self.put_back.pop(0)
            self.gone.discard(new)
            self.gone.add(old)
        elif luck < 0.12:
            self.backups += 1
            self.do({"do": "backup", "as": f"backup {self.backups}"})
        elif luck < 0.15 and self.backups:
            step = {"do": "restore", "from": f"backup {rnd.randint(max(1, self.backups - 1), self.backups)}"}
            if rnd.random() < 0.4:
                step["announced"] = True
            self.do(step)
        elif luck < 0.45:
            self.write(name, foreign=False)
        elif luck < 0.49:
            self.resolve(name)
        elif luck < 0.57:
            step = {"do": "push", "on": name}
            if rnd.random() < 0.25:
                step["reply"] = "lost"
            self.do(step)
        else:
            step = {"do": "sync", "on": name}
            if rnd.random() < 0.2:
                step["reply"] = "lost"
            self.do(step)

    def ending(self):
        for _ in range(4):
            for name in self.files():
                self.do({"do": "sync", "on": name})
