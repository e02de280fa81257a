extension Plan {
  /// A busy fleet in a house with a bad network: many clients that write all the time, and lines that swallow everything, in one
  /// direction or in both, for a second up to five minutes. Nothing else goes wrong.
  ///
  /// - Parameters:
  ///   - clients: how many devices there are.
  ///   - rate: transactions a second, of all of them.
  ///   - seconds: how long they write.
  package static func partitions(seed: UInt64, clients: Int, rate: Int, seconds: Int) -> Plan {
    var plan = Plan(seed: seed)
    var random = SplitMix(seed: seed, "partitions")
    let devices = (0..<clients).map { at in
      Configuration.Device(role: "field", scopes: at == 0 ? ["*"] : Oracle.units.map { "unit/" + $0 }, skew: 0)
    }
    plan.configuration.devices = devices
    plan.configuration.keys = 40
    plan.configuration.worlds = Worlds()
    (plan.configuration.pageBytes, plan.configuration.pushBytes) = (1 << 20, 1 << 20)
    plan.configuration.line = .none
    plan.configuration.deadline = .seconds(10)
    plan.configuration.goesOn = true
    plan.happenings = []
    func add(_ kind: Happening.Kind, _ time: Int64, _ device: Int) {
      plan.happenings.append(Happening(kind: kind, time: time, device: device, seed: random.next()))
    }
    let end = Int64(seconds) * 1000
    for at in 0..<rate * seconds { add(.write, Int64(at) * 1000 / Int64(rate), random.int(0..<clients)) }
    // An app that begins to sync every second.
    for second in 0..<seconds { for device in 0..<clients { add(.sync, Int64(second) * 1000 + Int64(device), device) } }
    for device in 0..<clients {
      var time = Int64(random.int(0..<20_000))
      while time < end {
        let kinds: [Happening.Kind] = random.pick([[.deaf], [.mute], [.deaf, .mute]])
        for kind in kinds { add(kind, time, device) }
        time += Int64(random.pick([1000, 5000, 30_000, 300_000])) * Int64(random.int(10..<101)) / 100
        add(.heal, min(time, end), device)
        time += Int64(random.int(1000..<60_000))
      }
    }
    return plan
  }
}
