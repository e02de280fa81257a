internal import RelayHub
internal import RelayProtocol

/// Rows that leave their scopes by age (rule 28), by transactions that the hub makes of its own: all that are old enough, no
/// other, and no transaction where none is.
extension Oracle {
  /// How many months a person stays whose code begins with one.
  static let monthsKept: Int64 = 2

  /// Is anything over by now that is still where it was, or the other way round?
  func wouldMove(at now: Int64) -> Bool { !truth.moved(by: Truth.month(Oracle.monthsKept, before: now)).isEmpty }

  /// The hub goes on to the month of now, or dies over it: then its log says, once it runs again, whether it had.
  ///
  /// - Parameter carryOut: has the hub do it.
  func ages(_ hub: HubReader, now: Int64, isAlive: () -> Bool, _ carryOut: () throws -> Void) throws {
    let month = Truth.month(Oracle.monthsKept, before: now)
    let moved = truth.moved(by: month)
    ageingTo = month
    try carryOut()
    guard isAlive() else { return }
    try judged(hub.verdicts(after: truth.head))
    guard truth.month == month || moved.isEmpty else { throw Broken("\(moved) are over in \(month), and stay") }
    if truth.month != month { truth.age(to: month, seq: nil) }
    ageingTo = nil
  }

  /// The hub made a transaction of its own.
  func aged(_ verdict: Verdict) throws {
    guard let month = ageingTo else { throw Broken("nobody is \(verdict.dot)") }
    let moved = truth.moved(by: month)
    guard verdict.isAccepted, verdict.seq == truth.head + 1, !moved.isEmpty else {
      throw Broken("the hub lets rows leave at \(verdict.seq), though none is over in \(month)")
    }
    truth.age(to: month, seq: verdict.seq)
    ageingTo = nil
    for name in moved { count(truth.isOver(name, at: verdict.seq) ? "a person left by age" : "a person came again") }
    tell("hub \(verdict.seq): \(moved) are over in \(month), or no more")
  }
}
