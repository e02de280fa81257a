package import Relay

/// Which unit may take which step, and which of its officers. The unit is that of the device which wrote the step, as the
/// hub judged it; the officer is the one of the committee's list, as long as it says so.
package struct Rights: Sendable {
  let units: [String: OrgUnit]
  let officers: [String: Officer]
  let proof: Proof
  let zone: TimeZoneOffset

  init(units: [String: OrgUnit], officers: [String: Officer], proof: Proof, zone: TimeZoneOffset = .utc) {
    (self.units, self.officers, self.proof, self.zone) = (units, officers, proof, zone)
  }

  package init(in db: Database, proof: Proof) throws(RelayError) {
    units = try OrgUnit.all(in: db)
    officers = try Officer.all(in: db)
    self.proof = proof
    zone = try Policy(in: db).zone
  }

  /// Why the step does nothing; nil where it counts.
  ///
  /// - Parameter isDecided: what was decided rests on what was judged then.
  func objection(
    to step: Step, of request: Request, from: String?, to: String?, isDecided: Bool = false
  ) -> String? {
    // The office takes no steps for a unit; it opens what follows from a member's own word, and remarks.
    if step.actorID == Step.office {
      return step.kind == "open" || step.kind == "comment" ? nil : "not the office's to do"
    }
    if proof == .signature, !isDecided {
      guard let signed = step.signedUnitID else { return "no device of the unit has signed it" }
      guard signed == step.actorUnitID else { return "another unit's device wrote it" }
    }
    guard let actor = units[step.actorUnitID] else { return "there is no such unit" }
    if !isDecided, let why = doubt(step, actor) { return why }
    return may(step.kind, actor, of: request, from: from, to: to) ? nil : "not this unit's to do"
  }

  private func doubt(_ step: Step, _ actor: OrgUnit) -> String? {
    guard let officer = officers[step.actorID] else { return "there is no such officer" }
    guard officer.unitID == actor.id else { return "the officer works for another unit" }
    let day = zone.day(of: step.at)?.text ?? step.at
    guard officer.isInOffice(on: day) else { return "the officer had left" }
    return nil
  }

  func may(_ kind: String, _ actor: OrgUnit, of request: Request, from: String?, to: String?) -> Bool {
    let isCommittee = actor.level == .committee
    switch kind {
    case "release": return acts(actor, for: from)
    case "accept": return acts(actor, for: to)
    case "approve": return isCommittee
    case "refuse": return isCommittee || acts(actor, for: from) || acts(actor, for: to)
    case "withdraw": return isCommittee || actor.id == request.unitID
    case "complete": return isCommittee || acts(actor, for: from)
    default: return true
    }
  }

  /// A unit acts for itself, and a region for its branches.
  func acts(_ actor: OrgUnit, for unit: String?) -> Bool {
    guard let unit else { return false }
    return actor.id == unit || actor.level == .regional && units[unit]?.parentID == actor.id
  }
}
