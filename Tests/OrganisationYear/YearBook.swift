/// What was done in the year, written down beside the app as it was done: the figures that its reports must give are
/// counted from here, and from nothing that the app computes.
package struct YearBook {
  struct Payment {
    /// Months since the year 0.
    var months: ClosedRange<Int>
    var fen: Int
    var channel: String
    var day: String
    /// Whose phone took it: the unit's code.
    var unit: String
    var isReversed = false
  }

  struct Person {
    var id: String
    var name: String
    /// The branch's code.
    var branch: String
    var cameOn: String
    var born: Int
    var sex: String
    var education: String
    var status = "active"
    /// The month from which dues are planned.
    var planned: Int?
    var payments: [Payment] = []
    /// Days of success: there, reached, paid online, own word.
    var successes: [String] = []
    /// The day on which the committee called the person lost.
    var lostOn: String?
    /// Activities that count points, by id.
    var points: [String: Int] = [:]
    /// From where, and the day of it.
    var moved: (from: String, on: String)?
    var isQuiet = false
    var employer: String?
    var interest: String?

    /// What the old branch's people write of a day after the move is looked at first.
    func isHeld(_ unit: String, _ day: String) -> Bool { moved.map { unit == $0.from && day > $0.on } ?? false }
  }

  struct Held {
    var kind: String
    var there: Set<String> = []
    var marked: Set<String> = []
    var guests = 0
    var books = 0
  }

  struct Budget {
    var kind: String
    var state = "open"
    var asked: Int
  }

  var people: [String: Person] = [:]
  /// In the order in which they came.
  var order: [String] = []
  /// By id.
  var activities: [String: Held] = [:]
  var attempts: [(channel: String, outcome: String)] = []
  var heldFacts = 0
  var foundAgain: Set<String> = []
  var received = 0
  var left = 0
  var resigned = 0
  var admitted = 0
  var movedInside = 0
  var turnover = 0
  var refusals = 0
  var budgets: [String: Budget] = [:]
  /// round, stage, grade → entries.
  var grades: [String: Int] = [:]
  /// id → kind, level, state.
  var voices: [String: (kind: String, level: String, state: String)] = [:]
  var needs: [String: Int] = [:]
  /// What people did about requests, by step.
  var steps: [String: Int] = [:]

  mutating func change(_ id: String, _ body: (inout Person) -> Void) {
    guard var person = people[id] else { return }
    body(&person)
    people[id] = person
  }

  mutating func step(_ kinds: String...) { for kind in kinds { steps[kind, default: 0] += 1 } }

  /// A fact that shows that somebody was met.
  mutating func met(_ id: String, on day: String, by unit: String) {
    guard let person = people[id] else { return }
    if person.isHeld(unit, day) { heldFacts += 1 } else { change(id) { $0.successes.append(day) } }
  }

  var present: [Person] {
    order.compactMap { people[$0] }.filter { ["active", "kept_abroad", "suspended"].contains($0.status) }
  }

  static func month(_ text: String) -> Int {
    let parts = text.split(separator: "-").compactMap { Int($0) }
    return parts.count < 2 ? 0 : parts[0] * 12 + parts[1] - 1
  }
}
