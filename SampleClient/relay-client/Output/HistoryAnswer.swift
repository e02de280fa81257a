internal import Relay

/// Why a row is what it is, in full.
struct HistoryAnswer: Encodable {
  struct Cell: Encodable {
    var column: String
    var element: ValueAnswer?
    var policy: String
    var shown: [ValueAnswer]
    var reason: String
    /// The seq at which the conflict about it opened; absent where none is open.
    var opened: UInt64?
    var writes: [WriteAnswer]
  }

  struct Event: Encodable {
    var state: String
    var rule: String?
    var message: String?
    var replica: String
    var counter: UInt64
    var seq: UInt64?
    var author: String
    var device: String
    var time: String
    var received: String?
    var base: UInt64
    var resolves: UInt64?
    var operations: [Operation]
  }

  struct Operation: Encodable {
    var operation: String
    var column: String?
    var value: ValueAnswer
  }

  var table: String
  var key: String
  /// Was the hub asked, and at which head?
  var complete: Bool
  var head: UInt64?
  var base: UInt64
  var here: Bool
  var heldBecause: String?
  var cells: [Cell]
  var events: [Event]

  init(_ history: RowHistory) {
    table = history.table
    key = history.key
    complete = history.head != nil
    head = history.head
    base = history.base
    here = history.isHere
    heldBecause = history.heldBecause
    cells = history.cells.map { cell in
      Cell(
        column: cell.column, element: cell.element.map(ValueAnswer.init), policy: cell.policy,
        shown: ValueAnswer.values(cell.shown), reason: cell.reason.rawValue, opened: cell.opened,
        writes: cell.writes.map(WriteAnswer.init))
    }
    events = history.events.map { event in
      var answer = Event(
        state: "accepted", replica: event.dot.replica.description, counter: event.dot.counter, seq: event.seq,
        author: event.author, device: event.device, time: Moment.text(event.time),
        received: event.received.map(Moment.text), base: event.base, resolves: event.resolves,
        operations: event.operations.map {
          Operation(operation: $0.operation, column: $0.column, value: ValueAnswer($0.value))
        })
      switch event.state {
      case .accepted: break
      case .pending: answer.state = "pending"
      case .refused(let rule, let message): (answer.state, answer.rule, answer.message) = ("refused", rule, message)
      }
      return answer
    }
  }
}
