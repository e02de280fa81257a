/// What more there is in some fleets than rows, devices and faults. It is drawn apart from everything else, so that a fleet
/// without any of it is the same whatever is added here.
struct Worlds: Sendable {
  /// The newest version of the sync schema that apps and hub are updated to.
  var newest: UInt64 = 1

  /// Do the apps have triggers of their own?
  var hasTriggers = false
  /// Do two programs of the app write to one file?
  var writesBeside = false
  /// Does the hub forget what is gone, and does time leap ahead by weeks?
  var forgets = false
  /// Do persons leave by age, and does time leap ahead by weeks?
  var ages = false
  /// Does the hub of such a fleet forget too, and may it die over that?
  var diesForgetting = false

  init() {}

  init(_ random: inout SplitMix) {
    if random.once(in: 4) { newest = random.pick([2, 3, 3]) }
    hasTriggers = random.once(in: 5)
    writesBeside = random.once(in: 5)
    forgets = random.once(in: 4)
  }

  /// Rows leave by age in some fleets that have nothing else of this.
  mutating func drawAgeing(until end: Int64, devices: Int, _ random: inout SplitMix) -> [Happening] {
    guard newest == 1, !hasTriggers, !writesBeside, !forgets, random.once(in: 3) else { return [] }
    ages = true
    diesForgetting = random.once(in: 2)
    var kinds = Array(repeating: Happening.Kind.leap, count: random.int(1..<5))
    kinds += Array(repeating: .ageHub, count: random.int(4..<16))
    if diesForgetting { kinds += Array(repeating: .pruneHub, count: random.int(8..<24)) }
    return kinds.map { kind in
      let time = Int64(random.int(0..<Int(max(1, end))))
      return Happening(kind: kind, time: time, device: random.int(0..<devices), seed: random.next())
    }
  }

  /// What happens because of it, in no order.
  func happenings(until end: Int64, devices: Int, _ random: inout SplitMix) -> [Happening] {
    var list: [Happening] = []
    func add(_ kind: Happening.Kind, _ device: Int) {
      let time = Int64(random.int(0..<Int(max(1, end))))
      list.append(Happening(kind: kind, time: time, device: device, seed: random.next()))
    }
    if newest > 1 {
      for _ in 1..<newest { add(.updateHub, 0) }
      // Some are never updated.
      for device in 0..<devices where !random.once(in: 4) { for _ in 1..<newest { add(.updateDevice, device) } }
    }
    if writesBeside { for _ in 0..<random.int(4..<20) { add(.writeBeside, random.int(0..<devices)) } }
    if forgets {
      // Less than the 400 days after which a device forgets by itself.
      for _ in 0..<random.int(1..<4) { add(.leap, 0) }
      for _ in 0..<random.int(1..<5) { add(.absence, random.int(0..<devices)) }
      for _ in 0..<random.int(8..<30) { add(.pruneHub, 0) }
    }
    return list
  }
}
