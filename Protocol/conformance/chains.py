"""Names of transactions: hash chains, the forks that copies of a file begin, and the log's own hash.

Bytes are no subject of the vectors, so that H(T) is made of the transaction's contents as this model holds them; what
follows from it (who is the same, who parts where, what a fork is called) is as on the wire.
"""
import hashlib
from dataclasses import dataclass, field

ZERO = b"\0" * 16


def digest(*parts):
    return hashlib.sha256(repr(parts).encode()).digest()[:16]


def fork_name(sealed, hash):
    """What a copy's transactions are called from this one on: a function of the content, whoever finds it."""
    return int.from_bytes(digest("fork", sealed, hash)[:8], "big") | 1 << 32


class OutOfOrder(Exception):
    """The hub lacks what comes before, or what its author had seen."""


@dataclass
class Chain:
    """The transactions of one name, by the counters in their bytes: from `begin` on, after those of `parent`."""

    name: int
    begin: int = 1
    parent: int | None = None
    hashes: dict = field(default_factory=dict)

    def has_gap(self, counter):
        """Right after the last one it is the previous hash that tells."""
        after = max(self.hashes, default=self.begin - 1) + 1
        return counter != after and counter not in self.hashes

    def dot(self, counter):
        return self.name, counter - self.begin + 1


class Chains:
    def __init__(self):
        self.all, self.families = {}, {}  # name -> Chain; replica in the bytes -> names

    def family(self, replica):
        return [self.all[name] for name in self.families.get(replica, [])]

    def known(self, tx):
        """The name under which the hub has the transaction already."""
        replica, counter = tx.sealed
        return next((c.dot(counter) for c in self.family(replica) if c.hashes.get(counter) == tx.hash), None)

    def place(self, tx, speaks_for, in_envelope):
        """What a transaction that the hub does not have is called: (dot, chain)."""
        (replica, counter), family = tx.sealed, self.family(tx.sealed[0])
        before = next((c for c in family if c.hashes.get(counter - 1) == tx.previous), None)
        own = fork_name(tx.sealed, tx.hash)
        if speaks_for == own:
            return self.begin(own, tx, before)
        for chain in family:
            if chain is before and max(chain.hashes) == counter - 1:
                return chain.dot(counter), chain
        if counter == 1 and replica not in self.all:
            return self.chain(replica).dot(1), self.chain(replica)
        if in_envelope and speaks_for == replica:
            self.chain(replica)
        spoken = self.all.get(speaks_for) if in_envelope else None
        if spoken and spoken.has_gap(counter):
            return spoken.dot(counter), spoken
        last = max(self.all[replica].hashes, default=0) if replica in self.all else 0
        if before is None and counter > (last + 1 if in_envelope else 1):
            raise OutOfOrder(tx.sealed)
        return self.begin(own, tx, before)

    def chain(self, replica):
        if replica not in self.all:
            self.all[replica] = Chain(replica)
            self.families[replica] = [replica]
        return self.all[replica]

    def begin(self, name, tx, before):
        replica, counter = tx.sealed
        self.chain(replica)
        self.all[name] = Chain(name, counter, (before or self.all[replica]).name)
        self.families[replica].append(name)
        return self.all[name].dot(counter), self.all[name]

    def own(self, chain, dots, replica):
        """Dots of an author that does not know of the fork: of its own replica they mean its own copy's work."""
        def rename(dot):
            if dot[0] != replica:
                return dot
            at = chain
            while dot[1] < at.begin:
                at = self.all[at.parent]
            return at.dot(dot[1])
        return frozenset(map(rename, dots))
