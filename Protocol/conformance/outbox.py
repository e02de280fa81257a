"""What a device asks for and sends, and what becomes of that when the hub has lost it or calls it otherwise."""
from cells import PENDING
from chains import ZERO
from history import Envelope
from hub import Hub


class Outbox:
    """A part of `Device`, which has the fields."""

    def floor(self, exact=False):
        """The least base that pending work or a row that left may still need stamps for.

        While a row is shown by own work alone the floor is 0; `exact` takes the operation's own base, which is not 0
        where the row was known to have died.
        """
        bases = [self.base] + [min(c.base, self.limits.get(tx.hash, c.base)) for tx in self.pending for c in tx.changes]
        bases += [image.base for row, image in self.images.items() if image.left or row in self.held]
        alone = any(c.row not in self.images for tx in self.pending for c in tx.changes)
        return 0 if alone and not exact else min(bases)

    def request(self):
        readable = {s for s, rights in self.scopes.items() if "r" in rights}
        return dict(base=self.base, scopes=readable, role=self.role, floor=self.floor(), exact=self.floor(exact=True),
                    seen=[tx.dot for tx in self.again + self.pending], replica=self.number, epoch=self.epoch,
                    log=self.log_hash, judged=max(
                        (self.known[tx.dot].seq for tx in self.again + self.pending if tx.dot in self.known), default=0))

    def fits(self, request):
        """Does a reply to this request still fit? None where an implementation may say either."""
        now = self.request()
        if any(request[what] != now[what] for what in ("base", "scopes", "role", "epoch", "log")):
            return False
        answers = {request["floor"] <= now["floor"], request["exact"] <= now["exact"]}
        return answers.pop() if len(answers) == 1 else None

    def offers(self):
        """What is to be sent, each with the envelope that it needs: what the hub has lost, then what it never had."""
        open = [tx for tx in self.again + self.pending if tx.dot not in self.known]
        replica, may_wait = None, False
        for tx in open:
            if tx.dot[0] != replica:  # a request carries the work of one replica
                # Behind what may have to wait for others there may be a gap.
                replica, may_wait = tx.dot[0], any(t.hash in self.lost or t.hash in self.waited for t in open)
            most, lost = self.limits.get(tx.hash), self.lost.get(tx.hash)
            time = lost[2] if lost else self.times.get(tx.hash)
            is_plain = most is None and lost is None and time is None and not may_wait and tx.dot == tx.sealed
            may_wait = not is_plain
            yield tx, None if is_plain else Envelope(
                PENDING if most is None else most, tx.seen, time, lost and lost[:2])

    def offer_again(self):
        """What was accepted and no pull has confirmed, of a replica that the file was before that of the newest unsent work: a
        hub that was put back since may have another copy's work by that name, and the newer work names it as seen."""
        unsent = [tx for tx in self.pending if tx.dot not in self.known]
        for tx in self.again + self.pending if unsent else ():
            if tx.dot in self.known and not self.known[tx.dot].refused and tx.sealed[0] != unsent[-1].sealed[0]:
                verdict = self.known.pop(tx.dot)
                self.times[tx.hash] = verdict.time
                self.lost.setdefault(tx.hash, (self.epoch, verdict.seq, verdict.time))

    def uncertain(self, tx, verdicts):
        """Work of before the file became another replica that waits: it may get another name at the hub."""
        judged = {v.hash for v in verdicts}
        return [other for other in self.again + self.pending if other.sealed[0] != tx.sealed[0]
                and other.hash in self.waited - judged and other.dot not in self.known]

    def follows_waiting(self, tx, verdicts):
        """Does it touch what such earlier work touches? Then it goes after that."""
        def rows(tx):
            named = {Hub.named_parent(self.schema.tables[c.row[0]], c) for c in tx.changes}
            return {c.row for c in tx.changes} | named - {None}
        at = self.log.index(tx)
        return any(self.log.index(other) < at and rows(other) & rows(tx) for other in self.uncertain(tx, verdicts))

    def step_back(self):
        """The hub does not recognise the place where the file stands, or own work that it had judged: back to the one
        before. False where there is none."""
        if self.base == 0 and not any(tx.dot in self.known for tx in self.again + self.pending):
            return False
        self.trail = [place for place in self.trail if place[0] < self.base] or self.trail[:1]
        base, log = self.trail[-1]
        self.lose(base)
        self.base, self.log_hash = base, log
        if base == 0:
            self.epoch, self.scopes = None, {}
        return True

    def lose(self, base):
        """The hub has lost everything after a seq: what it said of that counts no more, and no base counts beyond."""
        confirmed = {h: v for h, v in self.accepted.items() if v.seq > base}
        for tx in self.log:
            verdict = confirmed.get(tx.hash) or self.known.get(tx.dot)
            if tx.hash in confirmed:
                self.again.append(tx)
                del self.accepted[tx.hash]
            elif not (verdict and verdict.seq > base and tx in self.pending + self.again):
                verdict = None
            if tx.hash in confirmed:
                for change in tx.changes:
                    if change.has("insert") and change.base == 0:  # else it was there before, and perhaps still is
                        self.brought.setdefault(change.row, set()).add(tx.hash)
            if verdict:
                self.lost.setdefault(tx.hash, (self.epoch, verdict.seq, verdict.time))
                self.known.pop(tx.dot)
            self.limits[tx.hash] = min(base, self.limits.get(tx.hash, base))
        self.again.sort(key=self.log.index)
        for row, image in self.images.items():
            image.base = min(image.base, base)
        self.dead = {row: min(at, base) for row, at in self.dead.items()}
        newest = next((tx for tx in reversed(self.log) if tx.sealed == (self.number, self.counter)), None)
        if newest and newest not in self.again + self.pending:
            verdict = self.known.get(newest.dot)
            if verdict is None or verdict.seq > base:
                self.begin_anew()  # what comes next would follow what nobody offers again

    def begin_anew(self):
        """Writes as a replica of its own from now on."""
        self.number, self.counter, self.hash = self.fresh(), 0, ZERO

    def learn(self, verdicts, now):
        self.seal(now)
        told = [(tx, v) for v in verdicts for tx in self.again + self.pending if tx.hash == v.hash]
        for tx, verdict in told:
            if tx.dot != verdict.dot:
                self.rename(tx, verdict.dot)
        for tx, verdict in told:
            if tx.dot == verdict.dot:
                self.known.setdefault(verdict.dot, verdict)

    def rename(self, tx, name):
        """Another copy of the file has used the name: from where they part, this one's work is called otherwise."""
        replica, first = tx.sealed[0], tx.sealed[1] - name[1] + 1
        names = {}
        for own in self.log:
            if own.sealed[0] == replica and own.sealed[1] >= first:
                new = (name[0], own.sealed[1] - first + 1)
                names[own.dot], own.dot = new, new
        for own in self.log:
            own.seen = frozenset(names.get(d, d) for d in own.seen)
        said = {new: self.known.pop(dot) for dot, new in names.items() if dot in self.known}
        self.known.update(said)
        self.renamed = True
        if self.number == replica:
            self.begin_anew()
