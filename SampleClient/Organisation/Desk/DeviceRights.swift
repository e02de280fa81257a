package import Relay

/// Which units a device serves, as the hub granted it: what `--as` may say there.
package struct DeviceRights: Sendable, Equatable {
  /// `branch`, `assistant`, `regional` or `committee`; nil for a file that belongs to no hub and may do everything.
  package let role: String?
  /// Units whose rows the device may write.
  package let units: Set<String>
  /// Units whose rows the device holds.
  private let held: Set<String>
  private let holdsAll: Bool

  package init(_ status: ReplicaStatus) {
    role = status.role == SyncSchema.unenrolledRole ? nil : status.role
    let names = status.scopes.filter { $0.isReadable || $0.isWritable }.map(\.name)
    holdsAll = role == nil || names.contains("*")
    held = Set(names.filter { $0.hasPrefix("unit/") }.map { String($0.dropFirst(5)) })
    let writable = status.scopes.filter { $0.isWritable && $0.name.hasPrefix("unit/") }
    units = Set(writable.map { String($0.name.dropFirst(5)) })
  }

  /// Are a unit's own rows on this device? What is not here is no zero.
  func holds(_ unit: OrgUnit, among units: [String: OrgUnit]) -> Bool {
    if holdsAll || unit.level == .committee || held.contains(unit.id) { return true }
    return unit.level == .regional && held.contains { units[$0]?.parentID == unit.id }
  }

  /// What a step needs to count here.
  package var proof: Proof { role == nil || role == "committee" ? .signature : .word }

  /// - Throws: `role_forbids` where the device does not serve the officer's unit, or the officer has left.
  package func check(_ officer: Officer, _ unit: OrgUnit, on day: String) throws(RelayError) {
    guard officer.isInOffice(on: day) else {
      throw RelayError(
        .roleForbids,
        Language.say("\(officer.name) left on \(officer.until ?? officer.from)", "\(officer.name)已离任或尚未就任"),
        advice: Language.say("Nothing was changed. Say with --as who works here now.", "未作更改。请用 --as 指明现任干部。"))
    }
    guard let role else { return }
    let fits =
      switch unit.level {
      case .committee: role == "committee"
      case .regional: role == "regional" && units.contains(unit.id)
      case .branch: (role == "branch" || role == "assistant") && units.contains(unit.id)
      }
    guard fits else {
      throw RelayError(
        .roleForbids,
        Language.say("this device does not work for \(unit.code), \(unit.name)", "本设备不为\(unit.code)（\(unit.name)）工作"),
        advice: Language.say(
          "Nothing was changed. What a device may do follows from what the hub granted it.", "未作更改。设备的权限由中心授予。"))
    }
  }
}
