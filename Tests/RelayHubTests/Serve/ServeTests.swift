import RelayHub
import TestSupport
import Testing

/// The queues of a server, without a server: values in, values out.
struct ServeTests {
  @Test("What comes while a group is committed forms the next group; nothing is reordered")
  func groups() {
    var queue = CommitQueue<Int>()
    guard case .start = queue.offer(1, device: 1, bytes: 10, now: 0) else {
      Issue.record("the writer stands")
      return
    }
    #expect(queue.nextGroup() == [1])
    for job in 2...4 {
      guard case .queued = queue.offer(job, device: Int64(job), bytes: 10, now: 1) else {
        Issue.record("the writer runs")
        return
      }
    }
    #expect(queue.nextGroup() == [2, 3, 4])
    #expect(queue.nextGroup() == [])
    guard case .start = queue.offer(5, device: 1, bytes: 10, now: 2) else {
      Issue.record("it stands again")
      return
    }
  }

  @Test("A group has a size, a device has a share of the queue, and what waits too long turns others away")
  func bounds() {
    var limits = CommitQueue<Int>.Limits()
    (limits.groupBytes, limits.bytes, limits.pushesOfDevice, limits.age) = (100, 1000, 2, 500)
    var queue = CommitQueue<Int>(limits: limits)
    for job in 1...2 { _ = queue.offer(job, device: 1, bytes: 60, now: 0) }
    #expect(queue.offer(3, device: 1, bytes: 60, now: 0) == .tooManyOfDevice)
    #expect(queue.offer(4, device: 2, bytes: 2000, now: 0) == .refused)
    #expect(!queue.isOverloaded(now: 500))
    #expect(queue.isOverloaded(now: 501))
    #expect(queue.nextGroup() == [1], "two of sixty do not fit a hundred")
  }

  @Test("A push whose sender went away before its turn is not judged")
  func withdrawn() {
    var queue = CommitQueue<Int>()
    guard case .start(let first) = queue.offer(1, device: 1, bytes: 1, now: 0),
      case .queued(let second) = queue.offer(2, device: 2, bytes: 1, now: 0)
    else {
      Issue.record("not queued")
      return
    }
    #expect(queue.withdraw(second) == 2)
    #expect(queue.nextGroup() == [1])
    #expect(queue.withdraw(first) == nil, "the writer has it")
  }

  @Test("A commit wakes those who read its scopes, those it tells something, and those who read everything")
  func wakes() throws {
    var lot = ParkingLot(head: 7, rights: 1)
    func park(_ device: Int64, _ scopes: [String]) throws -> ParkingLot.Ticket {
      let ticket = lot.park(ParkedPull(device: device, scopes: scopes, head: 7, rights: 1), until: 60_000)
      return try #require(ticket)
    }
    let (north, south, all, told) = (
      try park(1, ["north"]), try park(2, ["south"]), try park(3, ["*"]), try park(4, ["west"])
    )
    #expect(lot.committed(GroupNews(head: 8, scopes: ["north"], devices: [4])) == [north, all, told])
    #expect(lot.count == 1)
    #expect(lot.committed(GroupNews(head: 9, scopes: ["east"])) == [])
    #expect(lot.expire(now: 59_999) == [])
    #expect(lot.expire(now: 60_000) == [south])
  }

  @Test("News between a page's snapshot and its parking is not slept through")
  func race() {
    var lot = ParkingLot(head: 7, rights: 1)
    _ = lot.committed(GroupNews(head: 8, scopes: ["north"]))
    let stale = ParkedPull(device: 1, scopes: ["north"], head: 7, rights: 1)
    #expect(lot.park(stale, until: 1000) == nil)
    #expect(lot.park(ParkedPull(device: 1, scopes: ["south"], head: 7, rights: 1), until: 1000) != nil)
    #expect(lot.park(ParkedPull(device: 1, scopes: ["north"], head: 8, rights: 1), until: 1000) != nil)
    #expect(lot.changed(rights: 2).count == 2)
    #expect(lot.park(ParkedPull(device: 1, scopes: ["south"], head: 8, rights: 1), until: 1000) == nil)
    #expect(lot.close() == [])
  }

  @Test("What another program has committed is found at the second look; what is told meanwhile wakes nobody")
  func found() {
    var lot = ParkingLot(head: 7, rights: 1)
    let pull = ParkedPull(device: 1, scopes: ["north"], head: 7, rights: 1)
    let ticket = lot.park(pull, until: 60_000)
    #expect(lot.found(head: 7) == [])
    // A commit of this hub, looked at before it was told.
    #expect(lot.found(head: 8) == [])
    #expect(lot.committed(GroupNews(head: 8, scopes: ["south"])) == [])
    #expect(lot.found(head: 8) == [])
    // Nobody tells of this one.
    #expect(lot.found(head: 9) == [])
    #expect(lot.found(head: 9) == [ticket])
    #expect(lot.head == 9)
    #expect(lot.park(pull, until: 60_000) == nil, "it was read before")
    #expect(lot.park(ParkedPull(device: 1, scopes: ["north"], head: 9, rights: 1), until: 60_000) != nil)
    #expect(lot.found(head: 9) == [])
  }

  @Test("A lot that forgot when scopes had news wakes one too many, never one too few")
  func forgets() {
    var lot = ParkingLot(head: 0, rights: 0, memory: 10)
    for seq in 1...50 { _ = lot.committed(GroupNews(head: UInt64(seq), scopes: ["scope \(seq)"])) }
    #expect(lot.park(ParkedPull(device: 1, scopes: ["scope 2"], head: 1, rights: 0), until: 1) == nil)
    #expect(lot.park(ParkedPull(device: 1, scopes: ["scope 2"], head: 50, rights: 0), until: 1) != nil)
  }

  @Test("Devices take turns at the readers, however much one of them asks for")
  func turns() {
    var queue = FairQueue<String>(most: 100, mostOfDevice: 3, mostAtOnce: 9)
    for job in ["a1", "a2", "a3"] { #expect(queue.add(job, device: 1) != nil) }
    #expect(queue.add("a4", device: 1) == nil)
    #expect(queue.add("b1", device: 2) != nil)
    let gone = queue.add("c1", device: 3)
    #expect(gone.flatMap { queue.withdraw($0, device: 3) } == "c1")
    #expect((0..<5).map { _ in queue.take()?.job } == ["a1", "b1", "a2", "a3", nil])
    #expect(queue.count == 0)
  }

  @Test("No device has all readers at once: what it asks for beyond its share waits, and whoever comes later does not")
  func share() {
    var queue = FairQueue<String>(most: 100, mostOfDevice: 9, mostAtOnce: 2)
    for job in ["a1", "a2", "a3", "a4"] { #expect(queue.add(job, device: 1) != nil) }
    #expect((0..<3).map { _ in queue.take()?.job } == ["a1", "a2", nil])
    // A third reader is free for whoever comes, and for what is nobody's.
    #expect(queue.add("b1", device: 2) != nil)
    #expect(queue.add("credential", device: 0) != nil)
    #expect((0..<3).map { _ in queue.take()?.job } == ["credential", "b1", nil])
    queue.done(0)
    queue.done(2)
    #expect(queue.take() == nil)
    queue.done(1)
    #expect((0..<2).map { _ in queue.take()?.job } == ["a3", nil])
    // Its sender goes away while its turn is put off.
    let last = queue.add("a5", device: 1)
    queue.done(1)
    #expect(queue.take()?.job == "a4")
    #expect(last.flatMap { queue.withdraw($0, device: 1) } == "a5")
    queue.done(1)
    queue.done(1)
    #expect(queue.take() == nil)
    #expect(queue.add("a6", device: 1) != nil)
    #expect(queue.take()?.job == "a6")
    #expect(queue.count == 0)
  }

  @Test("Work is paid for by who asked for it, and comes back with time")
  func budget() {
    var budget = WorkBudget(burst: 1000, rate: 100)
    budget.charge(1, work: 1500, now: 0)
    #expect(budget.delay(1, now: 0) > 5000)
    #expect(budget.delay(2, now: 0) == 0)
    #expect(budget.taken(1, now: 0) == 1500)
    #expect(budget.taken(1, now: 6000) == 900)
    #expect(budget.taken(2, now: 0) == 0)
    #expect(budget.delay(1, now: 6000) == 0)
    budget.charge(1, work: -5, now: 6000)
    #expect(budget.delay(1, now: 100_000) == 0)
  }
}
