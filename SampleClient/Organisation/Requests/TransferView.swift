package import Relay

/// A transfer as people see it: four boxes, and who is next.
package struct TransferView: Sendable {
  package struct Box: Sendable, Equatable {
    package var step: String
    /// When and by whom; nil where it is not ticked.
    package var done: String?
  }

  package let id: String
  package let title: String
  package let from: String?
  package let to: String?
  package let state: String
  /// The rows give this state, and the office has not written it yet.
  package let isExpected: Bool
  package let boxes: [Box]
  package let next: String?
  /// What they type.
  package let command: String?
  package let waitsFor: String?
  /// Where two moves stand against one another: either ends it.
  package let unblocks: [String]
  package let decidedOn: String?
  /// The requests that mean the same.
  package let sameAs: [String]
  /// Why it was asked for.
  package let reason: String?
  package let remarks: [String]
  package let withoutEffect: [String]

  package init(_ group: TransferBook.Group, _ book: TransferBook, in db: Database) throws(RelayError) {
    id = group.main.id
    let titles = group.requests.compactMap(\.title) + group.requests.compactMap(\.claim)
    title = titles.first ?? group.memberID ?? group.main.id
    func code(_ unit: String?) -> String? { unit.flatMap { book.units[$0]?.code ?? $0 } }
    func told(_ step: Step) throws(RelayError) -> String {
      let name = try Officer.name(step.actorID, in: db) ?? step.actorID
      return "\(book.zone.day(of: step.at)?.text ?? step.at) \(name) (\(code(step.actorUnitID) ?? "?"))"
    }
    from = code(group.fromUnitID)
    to = code(group.toUnitID)
    state = group.state
    isExpected = group.state != group.main.state
    var boxes: [Box] = []
    for step in ["open", "release", "accept", "approve"] {
      let taken = group.steps.first { $0.kind == step && group.fold.idle[$0.id] == nil }
      let who = try taken.map { (step) throws(RelayError) in try told(step) }
      boxes.append(Box(step: step, done: who))
    }
    self.boxes = boxes
    let office = book.units.values.first { $0.level == .committee }
    next = group.awaitsOffice ? office?.code : book.next(group)?.code
    command =
      group.awaitsOffice ? "office settle" : group.fold.next.map { "transfer \($0) \(group.main.id.prefix(8))" }
    unblocks = group.waitsFor.map { [$0.id, group.main.id].map { "transfer withdraw \($0.prefix(8))" } } ?? []
    waitsFor = group.waitsFor.flatMap { code($0.toUnitID) }
    decidedOn = group.main.decidedOn
    sameAs = group.others.map(\.id)
    reason = group.requests.compactMap(\.reason).first { !$0.isEmpty }
    var said: [String] = []
    for step in group.steps {
      guard let note = step.note, !note.isEmpty else { continue }
      // The office's remarks stand for themselves; what a person said has a name.
      let who = step.kind == "comment" && step.actorID == Step.office
      said.append(who ? note : "\(step.kind) \(try told(step)): \(note)")
    }
    remarks = said
    var idle: [String] = []
    for step in group.steps {
      guard let why = group.fold.idle[step.id] else { continue }
      idle.append("\(step.kind) \(try told(step)): \(why)")
    }
    withoutEffect = idle
  }

  package func text(_ language: Language) -> String {
    let names = [
      "open": language.choose("opened", "提出"), "release": language.choose("released", "转出支部同意"),
      "accept": language.choose("accepted", "接收支部同意"), "approve": language.choose("approved", "党委批准"),
    ]
    var lines = ["\(title)   \(from ?? "?") → \(to ?? "?")   [\(id)]"]
    var word = Words.of(state, language)
    if let decidedOn { word += " " + decidedOn }
    if isExpected { word += language.choose(" (expected, not yet decided)", "（预计，尚未决定）") }
    lines.append(language.choose("state  ", "状态  ") + word)
    let width = names.values.map(Columns.width).max() ?? 0
    for box in boxes {
      let mark = box.done == nil ? "[ ]" : "[x]"
      // What the committee said before the branches did is kept and takes effect when they have.
      let isOnFile = box.step == "approve" && box.done != nil && decidedOn == nil
      let note = (box.done ?? "") + (isOnFile ? language.choose("  approval on file", "（批准待生效）") : "")
      lines.append("  \(mark) \(Columns.padded(names[box.step] ?? box.step, width + 1)) \(note)".trimmed)
    }
    if let reason { lines.append(language.choose("reason ", "理由  ") + reason) }
    if let waitsFor {
      lines.append(language.choose("waits: already leaving to ", "等待：已在转往") + waitsFor)
      lines.append(
        language.choose("        goes on when one of the two is withdrawn or refused: ", "      撤回或拒绝其中一项后才能继续：")
          + unblocks.joined(separator: language.choose(", or ", "，或 ")))
    }
    if let next { lines.append(language.choose("next   ", "下一步 ") + next + (command.map { ": \($0)" } ?? "")) }
    lines += remarks.map { language.choose("said   ", "说明  ") + $0 }
    lines += withoutEffect.map { language.choose("no effect: ", "无效：") + $0 }
    return lines.joined(separator: "\n")
  }
}

extension String {
  var trimmed: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

extension TransferView {
  /// - Parameter which: a request's id or the start of one, or a member's number, id or name; nil for all.
  /// - Throws: `not_found`.
  package static func list(
    _ which: String?, includingClosed: Bool, proof: Proof = .word, in db: Database
  ) throws(RelayError) -> [TransferView] {
    let book = try TransferBook(in: db, proof: proof)
    var groups = book.groups
    if let which {
      let id = try db.first(
        "SELECT id FROM member WHERE id = ?1 OR member_no = ?1 OR full_name = ?1 ORDER BY id LIMIT 1", [.text(which)])?[
          0
        ].text
      // An old branch holds the member no longer, and the request that names her it does.
      let ofMember = groups.filter { group in
        id.map { group.memberID == $0 }
          ?? (group.requests.contains { TransferStub.names($0.title, which) }
            && !group.steps.contains { $0.id == TransferStub.endID(group.main.id) })
      }
      if ofMember.isEmpty {
        let request = try Request.find(which, in: db)
        groups = groups.filter { $0.requests.contains { $0.id == request.id } }
      } else {
        groups = ofMember
      }
    } else if !includingClosed {
      groups = groups.filter { !$0.isDecided && !$0.isEnded && $0.fold.stop == nil }
    }
    var views: [TransferView] = []
    for group in groups { views.append(try TransferView(group, book, in: db)) }
    return views
  }
}
