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
    follows: dict = field(default_factory=dict)  # the hash that each names as that of the one before it

    gaps: dict = field(default_factory=dict)  # the hash of what belongs there, as the push named it that left the gap

    def add(self, tx):
        self.hashes[tx.sealed[1]], self.follows[tx.sealed[1]] = tx.hash, tx.previous

    def has_gap(self, counter):
        """Right after the last one it is the previous hash that tells."""
        after = max(self.hashes, default=self.begin - 1) + 1
        return counter != after and counter not in self.hashes

    def holds(self, tx, push):
        """Two copies may speak for one chain: whose a gap is told who left it; else the one after it there tells, and the
        last one before it, as far as the push shows how they are linked."""
        if tx.sealed[1] in self.gaps:
            return self.gaps[tx.sealed[1]] == tx.hash
        before, counter, hash = {t.hash: t.previous for t in push}, tx.sealed[1] - 1, tx.previous
        while counter not in self.hashes and hash in before:
            counter, hash = counter - 1, before[hash]
        if self.hashes.get(counter, hash) != hash:
            return False
        counter, hash = self.leads(tx, push)
        return self.follows.get(counter, hash) == hash

    def leads(self, tx, push):
        """Where the push leads to from a transaction, up to what is here."""
        after, counter, hash = {t.previous: t.hash for t in push}, tx.sealed[1] + 1, tx.hash
        while counter not in self.follows and hash in after:
            counter, hash = counter + 1, after[hash]
        return counter, hash

    def awaits(self, tx, push):
        """Is it known that it belongs into a gap: by who left that, or as its push links it to what stands behind it?"""
        if tx.sealed[1] in self.gaps:
            return self.gaps[tx.sealed[1]] == tx.hash
        counter, hash = self.leads(tx, push)
        return self.follows.get(counter) == hash

    def leave_gap(self, tx, push):
        """What belongs between a transaction and the one before it here, as far as its push says it."""
        before, counter, hash = {t.hash: t.previous for t in push}, tx.sealed[1] - 1, tx.previous
        while hash and counter >= self.begin and counter not in self.hashes:
            self.gaps.setdefault(counter, hash)
            counter, hash = counter - 1, before.get(hash)

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

    def place(self, tx, speaks_for, in_envelope, push):
        """What a transaction that the hub does not have is called: (dot, chain)."""
        (replica, counter), family = tx.sealed, self.family(tx.sealed[0])
        before = next((c for c in family if c.hashes.get(counter - 1) == tx.previous), None)
        own = fork_name(tx.sealed, tx.hash)
        if speaks_for == own:
            return self.begin(own, tx, before)
        speaks_for = self.turned_out(tx, push) or speaks_for
        for chain in family:
            if chain is before and max(chain.hashes) == counter - 1:
                return chain.dot(counter), chain
        is_free = replica not in self.all or not self.all[replica].hashes  # forks may be all that the hub has of it
        if counter == 1 and is_free and (speaks_for == replica or speaks_for not in self.families.get(replica, [])):
            return self.chain(replica).dot(1), self.chain(replica)
        if in_envelope and speaks_for == replica:
            self.chain(replica)
        spoken = self.all.get(speaks_for) if in_envelope else None
        if spoken and spoken.has_gap(counter) and spoken.holds(tx, push):
            spoken.leave_gap(tx, push)
            return spoken.dot(counter), spoken
        chain = self.all.get(replica)
        if speaks_for == replica and chain and chain.has_gap(counter) and chain.awaits(tx, push):
            chain.leave_gap(tx, push)
            return chain.dot(counter), chain
        if before is None and not in_envelope and counter > 1:
            raise OutOfOrder(tx.sealed)
        return self.begin(own, tx, before)

    def turned_out(self, tx, push):
        """Whose work what the same file wrote before it turned out to be; None where that has the name in its bytes."""
        earlier = [t for t in push if t.sealed[0] == tx.sealed[0] and t.sealed[1] < tx.sealed[1]]
        names = [known[0] for t in sorted(earlier, key=lambda t: t.sealed[1]) if (known := self.known(t))]
        return names[-1] if names and names[-1] != tx.sealed[0] else None

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

    def own(self, chain, dots, replica, speaks_for):
        """Dots of an author that does not know of the fork: of its own replica, and of the fork that it speaks for, they mean
        its own copy's work."""
        spoken = self.all.get(speaks_for)

        def rename(dot):
            name, counter = dot
            if name == replica:
                at = chain
                while counter < at.begin:
                    at = self.all[at.parent]
                return at.dot(counter)
            if spoken and name == spoken.name:
                counter += spoken.begin - 1
                return chain.dot(counter) if counter >= chain.begin else dot
            return dot
        return frozenset(map(rename, dots))
