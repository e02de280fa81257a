/// Something that happens in a run. What it draws, it draws from a seed of its own, so that a run from which others were left
/// out is otherwise the same.
package struct Happening: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case write, largeWrite, settle, putRight, regrant, openForm, undelete, sync, syncAll, syncBeside
    case killDevice, cutDevice, failDevice, fillDevice, jumpClock, deaf, mute, heal
    case killHub, cutHub, failHub, fillHub, hubClock, tidyHub, checkpoint
    case updateDevice, updateHub, writeBeside, leap, pruneHub, ageHub, absence, comeBack

    var isFault: Bool {
      switch self {
      case .write, .largeWrite, .settle, .putRight, .regrant, .openForm, .undelete, .sync, .syncAll, .syncBeside, .heal,
        .checkpoint, .updateDevice, .updateHub, .writeBeside, .leap, .pruneHub, .ageHub,
        .absence, .comeBack:
        false
      default: true
      }
    }

    /// Of a world that not every fleet lives in: such happenings are drawn apart (`Worlds`).
    var isOfWorld: Bool {
      [.updateDevice, .updateHub, .writeBeside, .leap, .pruneHub, .ageHub, .absence, .comeBack].contains(self)
    }

    /// What some fleets do often and most hardly ever.
    var isRare: Bool {
      switch self {
      case .putRight, .regrant, .openForm, .undelete, .syncBeside: true
      default: false
      }
    }

    /// Of what is no fault.
    var weight: Int {
      switch self {
      case .write: 40
      case .sync: 24
      case .settle: 4
      case .syncAll: 2
      default: 1
      }
    }
  }

  package var kind: Kind
  /// Milliseconds since the run began.
  package var time: Int64
  package var device: Int
  package var seed: UInt64
}

/// What is to happen in one run: all of it follows from the seed.
package struct Plan: Sendable {
  package let seed: UInt64
  package var configuration: Configuration
  package var happenings: [Happening]

  package init(seed: UInt64) {
    self.seed = seed
    var random = SplitMix(seed: seed, "configuration")
    configuration = Configuration(&random)
    random = SplitMix(seed: seed, "acts")
    let weights = configuration.weights
    let sum = weights.reduce(0) { $0 + $1.weight }
    var time: Int64 = 0
    happenings = []
    for _ in 0..<configuration.acts {
      time += Int64(random.pick(configuration.paces) * random.int(0..<100) / 100)
      var at = random.int(0..<sum)
      let kind = weights.first { one in
        at -= one.weight
        return at < 0
      }?.kind
      happenings.append(
        Happening(
          kind: kind ?? .sync, time: time, device: random.int(0..<configuration.devices.count), seed: random.next()))
    }
    random = SplitMix(seed: seed, "worlds")
    configuration.worlds = Worlds(&random)
    happenings += configuration.worlds.happenings(until: time, devices: configuration.devices.count, &random)
    random = SplitMix(seed: seed, "ageing")
    happenings += configuration.worlds.drawAgeing(until: time, devices: configuration.devices.count, &random)
    happenings = happenings.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
      .map(\.element)
  }

  /// The same with some of its happenings only.
  package func keeping(_ kept: [Int]) -> Plan {
    var plan = self
    plan.happenings = kept.filter { happenings.indices.contains($0) }.map { happenings[$0] }
    return plan
  }
}
