internal import Organisation

/// A transfer in JSON: four boxes, and who is next.
struct TransferAnswer: Codable {
  struct Box: Codable {
    var step: String
    /// When and by whom; absent where it is not ticked.
    var done: String?
  }

  var id: String
  var title: String
  var from: String?
  var to: String?
  var state: String
  /// The office has not written this state yet.
  var expected: Bool
  var boxes: [Box]
  var next: String?
  var waitsFor: String?
  /// What the next one types; where two moves stand against one another, what ends either.
  var commands: [String]
  var decidedOn: String?
  var sameAs: [String]
  var remarks: [String]
  var withoutEffect: [String]

  init(_ view: TransferView) {
    id = view.id
    title = view.title
    from = view.from
    to = view.to
    state = view.state
    expected = view.isExpected
    boxes = view.boxes.map { Box(step: $0.step, done: $0.done) }
    next = view.next
    waitsFor = view.waitsFor
    commands = view.next == nil ? view.unblocks : view.command.map { [$0] } ?? []
    decidedOn = view.decidedOn
    sameAs = view.sameAs
    remarks = view.remarks
    withoutEffect = view.withoutEffect
  }
}
