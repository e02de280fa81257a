internal import RelayProtocol

/// What devices were told, and what is held against their later work, as it gets old. Its author has to have heard of it:
/// whoever is away for years is still told which write of theirs is not shown.
extension HubSession {
  /// - Parameter most: how much to remove, and of what may not go yet how much to look at.
  /// - Returns: how much was removed.
  func pruneTold(_ cursor: inout PruneCursor, _ most: Int) throws(RelayError) -> Int {
    var count = try store.pruning.removeEntries(endedUpTo: cursor.upTo, most: most)
    var (heard, marks): ([Int64: UInt64], UInt64) = ([:], 0)
    while cursor.toldKind < Told.allCases.count, count < most {
      let (kind, asked) = (Told.allCases[cursor.toldKind], most - count)
      let places = try store.pruning.told(kind, upTo: cursor.upTo, after: cursor.told, most: asked)
      for place in places {
        cursor.told = place
        guard try hasHeard(place, &heard) else { continue }
        try store.pruning.remove(kind, at: place)
        if kind == .marks { marks = max(marks, place.seq) }
        count += 1
      }
      guard places.count < asked else { break }
      (cursor.toldKind, cursor.told) = (cursor.toldKind + 1, ToldPlace())
    }
    if marks > forgottenMarks, !Mutation.isPlanted(.marksForgotten) {
      forgottenMarks = marks
      try store.settings.set(Self.marksSetting, Array(String(marks).utf8))
    }
    return count
  }

  /// Has the device shown to stand behind the transaction, so that it was told of it and seals nothing any more that builds on
  /// it, but for what somebody had begun before that (`forgottenRefusal`)? Who was revoked, or is no device, is not waited for.
  private func hasHeard(_ place: ToldPlace, _ heard: inout [Int64: UInt64]) throws(RelayError) -> Bool {
    if let known = heard[place.device] { return known >= place.seq }
    let device = try store.devices.device(place.device)
    let isWaitedFor = device.map { !$0.isRevoked } ?? false
    let known = isWaitedFor ? try store.rights.known(by: place.device).named : UInt64.max
    heard[place.device] = known
    return known >= place.seq
  }
}
