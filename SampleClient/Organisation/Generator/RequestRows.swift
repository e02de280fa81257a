internal import Relay

/// Requests of one branch: who came and who left in the survey's year, and what money was asked for.
struct RequestRows {
  let roster: Roster
  /// Position of the branch in `roster.units`.
  let at: Int

  private var branch: Roster.Unit { roster.units[at] }
  private var secretary: Roster.Officer { branch.officers[0] }

  func writeReceived(
    _ member: Roster.Member, _ source: inout SplitMix64, _ sink: inout RowSink
  ) throws(RelayError) {
    let id = source.uuid()
    let opened = Day(member.came.month, source.span(1, member.came.number))
    try sink.add(
      .request,
      [
        .text(id), "transfer_in", .text(member.id), .null, .text(branch.id),
        .text("Outside organisation \(source.span(1, 60))"), .text(branch.id), .text(title(member)), .null,
        Value(member.came), .null, "done", Value(opened), Value(member.came),
      ])
    try steps(id, ["open", "accept", "approve"], opened, member.came, &source, &sink)
  }

  func writeLeft(_ leaver: Roster.Leaver, _ sink: inout RowSink) throws(RelayError) {
    var source = SplitMix64(seed: leaver.member.stream ^ 0x1EF7)
    let opened = Day(leaver.left.month, source.span(1, leaver.left.number))
    try sink.add(
      .request,
      [
        .text(leaver.requestID), "transfer_out", .text(leaver.member.id), .text(branch.id), .null,
        .text("Outside organisation \(source.span(1, 60))"), .text(branch.id), .text(title(leaver.member)), .null,
        Value(leaver.left), .null, "done", Value(opened), Value(leaver.left),
      ])
    try steps(leaver.requestID, ["open", "release", "approve", "complete"], opened, leaver.left, &source, &sink)
  }

  func writeBudget(_ source: inout SplitMix64, _ sink: inout RowSink) throws(RelayError) {
    let id = source.uuid()
    let opened = Day(Month(2017, source.span(1, 9)), source.span(1, 20))
    let lines = [("books", 20), ("bus", 1), ("lecturer", 1)].map { item, quantity in
      (id: source.uuid(), item: item, quantity: quantity, fen: 1000 * source.span(2, 60))
    }
    let sum = lines.reduce(0) { $0 + $1.quantity * $1.fen }
    let decided = Day(opened.month, opened.number + 5)
    try sink.add(
      .request,
      [
        .text(id), "budget_activity", .null, .null, .null, .null, .text(branch.id), "Activities of the year", .null,
        .null, Value(sum), "approved", Value(opened), Value(decided),
      ])
    for line in lines {
      try sink.add(.line, [.text(line.id), .text(id), .text(line.item), Value(line.quantity), Value(line.fen)])
    }
    let approved = lines.map { #"{"id":"\#($0.id)","quantity":\#($0.quantity),"unit_fen":\#($0.fen)}"# }
    try steps(
      id, ["open", "approve"], opened, decided, &source, &sink, note: "[" + approved.joined(separator: ",") + "]")
  }

  private func title(_ member: Roster.Member) -> String { "no. \(digits(member.number, 4)), \(member.name)" }

  /// The first step on the first day, all others on the last; the committee approves, the branch does the rest.
  private func steps(
    _ request: String, _ names: [String], _ first: Day, _ last: Day, _ source: inout SplitMix64,
    _ sink: inout RowSink, note: String? = nil
  ) throws(RelayError) {
    for (n, name) in names.enumerated() {
      let isCommittees = name == "approve"
      let actor = isCommittees ? roster.committee.officers[source.below(7)] : secretary
      let id = source.uuid()
      try sink.add(
        .step,
        [
          .text(id), .text(request), .text(name), .text(actor.id),
          .text(isCommittees ? roster.committee.id : branch.id), Value(n == 0 ? first : last, hour: 2 + n),
          Value(isCommittees ? note : nil),
        ])
      // What the committee did then is decided and asks for no proof.
      if !isCommittees { try sink.add(.signature, [.text(id), .text(branch.id)]) }
    }
  }
}
