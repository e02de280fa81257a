package import Relay

/// Transfers between branches as the rows tell them: which requests mean the same move, how far it is, who is next. The
/// office writes what follows from it; a branch's device shows it as expected.
package struct TransferBook: Sendable {
  /// Requests that stand for one move.
  package struct Group: Sendable {
    /// Speaks for all: the out-branch's request where there is one, else the smallest id.
    package var main: Request
    package var others: [Request]
    package var memberID: String?
    package var fromUnitID: String?
    package var toUnitID: String?
    /// Of all requests, in the order in which they count.
    package var steps: [Step]
    package var fold: RequestFold
    /// Another move of the same member that goes first.
    package var waitsFor: Request?
    /// The office has written the effect.
    package var isDecided: Bool
    /// Another move of the member was made first, and this one came to nothing.
    package var isEnded = false

    package var requests: [Request] { [main] + others }

    /// Neither decided nor stopped.
    var isLive: Bool { !isDecided && !isEnded && fold.stop == nil }

    /// Everybody has said yes; the committee's `office settle` moves the member.
    var awaitsOffice: Bool { isLive && waitsFor == nil && fold.isComplete }

    /// The state that the rows make.
    package var state: String {
      if isEnded { return "expired" }
      if isDecided { return fold.state(isDecided: true) == "done" ? "done" : "approved" }
      return waitsFor == nil ? fold.state(isDecided: false) : "open"
    }
  }

  /// By the main request's id.
  package let groups: [Group]
  let units: [String: OrgUnit]
  let zone: TimeZoneOffset

  /// - Parameter proof: what a step needs to count; the office asks for signatures.
  package init(in db: Database, proof: Proof = .word) throws(RelayError) {
    let rights = try Rights(in: db, proof: proof)
    (units, zone) = (rights.units, rights.zone)
    let steps = try Step.byRequest(in: db)
    var (open, decided): ([Bound], [Bound]) = ([], [])
    var (stopped, ended): ([String: [Bound]], [String: [Bound]]) = ([:], [:])
    for request in try Request.all(["transfer_internal"], in: db) {
      let bound = try Bound(request, steps[request.id] ?? [], rights, in: db)
      switch request.state {
      case "approved", "done": decided.append(bound)
      case "expired": ended[request.sameAs ?? request.id, default: []].append(bound)
      case "refused", "withdrawn": stopped[request.sameAs ?? request.id, default: []].append(bound)
      default: open.append(bound)
      }
    }
    var moves: [Move: [Bound]] = [:]
    var groups: [Group] = []
    for bounds in ended.values {
      var group = TransferBook.group(bounds, rights, isDecided: false)
      group.isEnded = true
      groups.append(group)
    }
    for bounds in stopped.values {
      // What was stopped stays by itself, and does not stop a later request for the same move.
      let group = TransferBook.group(bounds, rights, isDecided: false)
      if group.fold.stop == nil { open += bounds } else { groups.append(group) }
    }
    for bound in open {
      // Withdrawn by who opened it: it leaves the group, and what others opened goes on.
      guard bound.memberID != nil, bound.own.stop != "withdrawn" else {
        groups.append(TransferBook.group([bound], rights, isDecided: false))
        continue
      }
      moves[bound.move, default: []].append(bound)
    }
    var done: [Move: [Bound]] = [:]
    for bound in decided { done[bound.move, default: []].append(bound) }
    for (move, bounds) in done {
      // One that comes when the member has arrived means the move that was made.
      let isThere = bounds.contains { $0.memberUnit == nil || $0.memberUnit == move.to }
      let late = isThere ? (moves.removeValue(forKey: move) ?? []) : []
      groups += TransferBook.decided(bounds, late, rights)
    }
    for bounds in moves.values { groups.append(TransferBook.group(bounds, rights, isDecided: false)) }
    self.groups = TransferBook.queued(groups).sorted { $0.main.id < $1.main.id }
  }

  private struct Move: Hashable {
    var member: String?
    var to: String?
  }

  /// A request with the member that it is about, also where only a number was told.
  private struct Bound {
    var request: Request
    var memberID: String?
    /// Where the member is now; nil where this device does not hold the row.
    var memberUnit: String?
    var fromUnitID: String?
    var steps: [Step]
    /// Of its own steps alone.
    var own: RequestFold

    var move: Move { Move(member: memberID, to: request.toUnitID) }
    var isOutBranchs: Bool { fromUnitID != nil && request.unitID == fromUnitID }

    init(_ request: Request, _ steps: [Step], _ rights: Rights, in db: Database) throws(RelayError) {
      self.request = request
      self.steps = steps
      memberID = request.memberID
      if memberID == nil, let number = request.claimedNumber {
        let found = try db.query(
          "SELECT id FROM member WHERE member_no = ? AND merged_into IS NULL ORDER BY id LIMIT 2", [.text(number)]
        ) { (row) throws(RelayError) in row[0].text }
        if found.count == 1 { memberID = found[0] }
      }
      if let memberID {
        memberUnit = try db.first("SELECT unit_id FROM member WHERE id = ?", [.text(memberID)])?[0].text
      }
      fromUnitID = request.fromUnitID ?? (memberUnit == request.toUnitID ? nil : memberUnit)
      let from = fromUnitID
      own = RequestFold(kind: request.kind, steps: steps) {
        rights.objection(to: $0, of: request, from: from, to: request.toUnitID, isDecided: request.isDecided)
      }
    }
  }

  private static func group(_ bounds: [Bound], _ rights: Rights, isDecided: Bool) -> Group {
    let sorted = bounds.sorted { ($0.isOutBranchs ? 0 : 1, $0.request.id) < ($1.isOutBranchs ? 0 : 1, $1.request.id) }
    return group(sorted[0], Array(sorted.dropFirst()), rights, isDecided: isDecided)
  }

  private static func group(_ main: Bound, _ others: [Bound], _ rights: Rights, isDecided: Bool) -> Group {
    let all = [main] + others
    let from = all.compactMap(\.fromUnitID).first
    let to = main.request.toUnitID
    let steps = all.flatMap(\.steps).sorted(by: Step.counts)
    let requests = Dictionary(all.map { ($0.request.id, $0.request) }) { first, _ in first }
    let isPlacement = all.contains { bound in
      rights.units[bound.request.unitID]?.level == .committee && !(bound.request.reason ?? "").isEmpty
    }
    let fold = RequestFold(kind: main.request.kind, steps: steps, isPlacement: isPlacement) { step in
      guard let request = requests[step.requestID] else { return "its request is not here" }
      return rights.objection(to: step, of: request, from: from, to: to, isDecided: isDecided || request.isDecided)
    }
    return Group(
      main: main.request, others: others.map(\.request).sorted { $0.id < $1.id }, memberID: main.memberID,
      fromUnitID: from, toUnitID: to, steps: steps, fold: fold, waitsFor: nil, isDecided: isDecided)
  }

  /// Moves that were made, each under the request that stood for it then; the late ones go with the last of them.
  private static func decided(_ bounds: [Bound], _ late: [Bound], _ rights: Rights) -> [Group] {
    let mains = bounds.filter { $0.request.sameAs == nil }
      .sorted { ($0.request.decidedOn ?? "", $0.request.id) < ($1.request.decidedOn ?? "", $1.request.id) }
    return mains.enumerated().map { at, main in
      let same = bounds.filter { $0.request.sameAs == main.request.id }
      return group(main, same + (at == mains.count - 1 ? late : []), rights, isDecided: true)
    }
  }

  /// Of several moves of one member the out-branch's goes first, then the one that was opened first; the others wait.
  private static func queued(_ groups: [Group]) -> [Group] {
    var groups = groups
    var first: [String: Int] = [:]
    func rank(_ group: Group) -> (Int, String, String) {
      (group.main.unitID == group.fromUnitID ? 0 : 1, group.main.openedOn ?? "9999", group.main.id)
    }
    let live = groups.indices.filter {
      !groups[$0].isDecided && !groups[$0].isEnded && groups[$0].fold.stop == nil && groups[$0].memberID != nil
    }
    for at in live {
      let member = groups[at].memberID ?? ""
      if let other = first[member], rank(groups[other]) <= rank(groups[at]) { continue }
      first[member] = at
    }
    for at in live {
      guard let leader = first[groups[at].memberID ?? ""], leader != at else { continue }
      groups[at].fold = groups[at].fold.waiting
      if groups[at].fold.stop == nil { groups[at].waitsFor = groups[leader].main }
    }
    return groups
  }

  /// The group that a request belongs to.
  package func group(of requestID: String) -> Group? {
    groups.first { $0.requests.contains { $0.id == requestID } }
  }

  /// The unit that has to act next.
  package func next(_ group: Group) -> OrgUnit? {
    guard !group.isDecided, !group.isEnded, group.waitsFor == nil, let step = group.fold.next else { return nil }
    switch step {
    case "release": return group.fromUnitID.flatMap { units[$0] }
    case "accept": return group.toUnitID.flatMap { units[$0] }
    default: return units.values.first { $0.level == .committee }
    }
  }
}
