/// What more there is in some fleets than rows, devices and faults. It is drawn apart from everything else, so that a fleet
/// without any of it is the same whatever is added here.
struct Worlds: Sendable {
  /// The newest version of the sync schema that apps and hub are updated to.
  var newest: UInt64 = 1

  init() {}

  init(_ random: inout SplitMix) {
    if random.once(in: 4) { newest = random.pick([2, 3, 3]) }
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
    return list
  }
}
