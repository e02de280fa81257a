"""One call of a program that changes a file made to fail: what fault.c does, from Python."""
import collections
import pathlib
import shutil
import subprocess

# "full" is ENOSPC from this call on.
KINDS = ("kill", "torn", "EIO", "ENOSPC", "full")


class Fault:
    """The `number`th of the calls that a kind counts."""

    def __init__(self, kind, number):
        self.kind, self.number = kind, number

    def __str__(self):
        return f"{self.kind} at call {self.number}"


class Failing:
    """Builds the library that is loaded before a program, and says with which words in its environment."""

    def __init__(self, folder):
        self.library, self.log = pathlib.Path(folder) / "fault.so", pathlib.Path(folder) / "fault.log"
        compiler = shutil.which("clang") or shutil.which("cc")
        if compiler is None:
            raise SystemExit("no C compiler: Swift's own toolchain brings clang")
        source = pathlib.Path(__file__).with_name("fault.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", self.library, source, "-ldl"], check=True)

    def words(self, kind, number, files):
        self.log.unlink(missing_ok=True)
        return {"LD_PRELOAD": str(self.library), "FAULT_KIND": kind, "FAULT_AT": str(number), "FAULT_LOG": str(self.log),
                "FAULT_UNDER": ":".join(map(str, files))}

    def counting(self, files):
        return self.words("count", 0, files)

    def one(self, fault, files):
        if fault.kind == "full":
            return self.words("ENOSPC", f"{fault.number}+", files)
        return self.words(fault.kind, fault.number, files)

    def told(self):
        """What it said: lists of what, number, call and path."""
        return [line.split(" ", 3) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def happened(self):
        """The call that failed, or that the program died in; None where it was never reached."""
        found = [f"{line[2]} {pathlib.Path(line[3]).name}" for line in self.told() if line[0] == "happened"]
        # Of many calls that failed the one that made a file says most.
        made = [call for call in found if call.startswith("open ")]
        return (made or found or [None])[0]

    def faults(self):
        """Every fault that the run that was counted could have met."""
        count = collections.Counter(line[0] for line in self.told())
        most = {"kill": count.total(), "torn": count["write"], "EIO": count.total() - count["send"],
                "ENOSPC": count["write"] + count["make"], "full": count["write"] + count["make"]}
        return [Fault(kind, number) for kind in KINDS for number in range(1, most[kind] + 1)]
