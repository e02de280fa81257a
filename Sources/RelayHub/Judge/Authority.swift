internal import RelayMerge
internal import RelayProtocol

/// What a replica may do, by the hub's own record (rule 17): the grants and the role of its device now, and those that
/// were taken away after the replica last stood in step. No word of an author is in it.
struct Authority {
  let device: HubDevice
  /// Roles that the device had since the replica last stood in step, the present one too.
  private let roles: Set<String>
  /// Scopes that may be written, or might when the author wrote, each with the seq since which without a break.
  private let writable: [String: UInt64]
  private let writesEverything: Bool
  /// Scopes that may be read, or might.
  private let readable: Set<String>
  /// The greatest base that the replica has named with a pull before this request.
  let named: UInt64

  init(
    _ device: HubDevice, roles: Set<String>, writable: [String: UInt64], readable: Set<String>, named: UInt64
  ) {
    self.device = device
    self.roles = roles
    self.writable = writable
    writesEverything = writable[ScopeGrant.everything] != nil
    self.readable = readable
    self.named = named
  }

  /// By which role is work judged that was written under the role `header`?
  func role(_ header: String) -> String { roles.contains(header) ? header : device.role }

  /// May the device write a row of these homes?
  func writes(_ homes: [String]) -> Bool {
    !homes.isEmpty && (writesEverything || homes.contains { writable[$0] != nil })
  }

  /// May the device know of a row that lies in these scopes?
  func sees(_ scopes: [String]) -> Bool { readable.reach(scopes) }

  /// Was a row writable at a base, one that left these scopes then?
  ///
  /// - Parameters:
  ///   - base: what the author says of itself; it counts down to the record and no further.
  ///   - exits: of the row, none older than the grace.
  func held(at base: UInt64, _ exits: [(scope: String, seq: UInt64)]) -> Bool {
    let named = Mutation.isPlanted(.claimedBase) ? 0 : named
    return exits.contains { exit in since(exit.scope).map { exit.seq > max(base, named, $0) } ?? false }
  }

  /// Does an exit from this scope say something?
  func mayHaveHeld(_ scope: String) -> Bool { since(scope) != nil }

  private func since(_ scope: String) -> UInt64? {
    if Mutation.isPlanted(.lateAny), readable.contains(scope) { return 0 }
    return writable[scope]
  }
}

/// One state of a device's rights, from one change to the next.
struct RightsChange: Equatable {
  /// 1, 2, 3… of its device.
  var number: Int64
  /// The head at that moment.
  var seq: UInt64
  /// Milliseconds since 1970.
  var time: Int64
  var role: String
  /// Ascending by bytes.
  var readable: [String]

  /// Does a request show that its device has installed these rights? The device cannot have had them from a pull that
  /// ended before the change, and has them from every one that ended later. At the very seq of the change only what the
  /// request names can tell, where that differs from before.
  func isKnown(to request: SyncRequest, before previous: RightsChange?) -> Bool {
    if request.base != seq { return request.base > seq }
    guard request.role == role, request.scopes == readable else { return false }
    return previous.map { $0.role != role || $0.readable != readable } ?? true
  }
}
