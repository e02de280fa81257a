package import Relay

/// Taking dues: rows of a ledger that are never changed afterwards.
package struct DuesDesk: Sendable {
  package struct Payment: Sendable {
    package var amount: String?
    package var from: String?
    package var to: String?
    package var months: Int?
    package var channel: String?
    package var takenOn: String?
    package var note: String?
    /// The committee lets somebody pay online who has too few points.
    package var isGateWaived = false
    /// A payment that looks like one that is there is meant as another one.
    package var isAgain = false
    /// The sum is meant, though it is far more than what is asked.
    package var isMore = false

    package init() {}
  }

  package struct Receipt: Sendable, Equatable {
    package var id: String
    package var number: String
    package var amountFen: Int
    package var from: String
    package var to: String
    package var channel: String
    /// What the plan asks for these months, where it is another sum.
    package var expectedFen: Int?
    /// What had been paid of these months before; 0 where nothing was, or nobody asks for them.
    package var beforeFen = 0
    /// What stays unpaid of them.
    package var leftFen = 0
  }

  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  /// Appends a payment.
  ///
  /// - Throws: `value_not_allowed` for a wrong amount, month or channel, `role_forbids` for a channel that only the
  ///   committee's side may enter.
  package func pay(_ payment: Payment, for member: Member, in db: Database) throws(RelayError) -> Receipt {
    let ledger = try Ledger.of(member, in: db)
    let channel = try checkedChannel(payment, member, in: db)
    let months = try months(payment, ledger)
    let takenOn = payment.takenOn ?? desk.today.text
    try ColumnRules.check(takenOn, "taken_on", of: "dues_entry")
    guard takenOn <= desk.today.text else {
      throw RelayError(.valueNotAllowed, "\(takenOn) is not over yet", advice: "Nothing was changed. Check the day.")
    }
    let expected = ledger.expected(months.from.index...months.to.index)
    guard payment.amount != nil || expected > 0 else {
      throw RelayError(
        .valueNotAllowed, "no plan says what \(member.title) pays a month",
        advice: "Nothing was changed. Give --amount.")
    }
    let missing = ledger.missing(months.from.index...months.to.index, on: desk.today)
    let amount =
      try payment.amount.map { (text) throws(RelayError) in try Money.fen(text) } ?? (missing > 0 ? missing : expected)
    if !payment.isAgain,
      let twin = ledger.twin(from: months.from, to: months.to, amountFen: amount, takenOn: takenOn)
    {
      throw RelayError(
        .valueNotAllowed,
        Language.say(
          "the same was entered on \(twin.takenOn) for \(member.title): receipt \(twin.receipt ?? twin.id)",
          "\(member.titleInChinese)已于\(twin.takenOn)登记同一笔：收据\(twin.receipt ?? twin.id)"),
        advice: Language.say(
          "Nothing was changed. If it is another payment, say --again.", "未作更改。如确为另一笔，请加 --again。"))
    }
    guard payment.amount != nil || payment.isAgain || missing > 0 else {
      throw RelayError(
        .valueNotAllowed, "\(member.title) has paid \(months.from.text) to \(months.to.text) already",
        advice: "Nothing was changed. If it is another payment, say --again or give --amount.")
    }
    guard payment.isMore || expected == 0 || amount <= 2 * expected else {
      throw RelayError(
        .valueNotAllowed,
        "\(Money.text(amount)) is far more than the \(Money.text(expected)) that the plan asks for \(months.from.text) to \(months.to.text)",
        advice: "Nothing was changed. Check the sum and the months; if it is right, say --more.")
    }
    let receipt = Receipt(
      id: desk.newID(), number: try nextReceipt(in: db), amountFen: amount, from: months.from.text, to: months.to.text,
      channel: channel, expectedFen: expected > 0 && expected != amount ? expected : nil,
      beforeFen: max(0, expected - missing), leftFen: max(0, missing - amount))
    try db.execute(
      """
      INSERT INTO dues_entry (id, member_id, kind, amount_fen, from_ym, to_ym, channel, receipt_no, taken_by, taken_on,
        note) VALUES (?, ?, 'payment', ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(receipt.id), .text(member.id), Value(amount), .text(receipt.from), .text(receipt.to), .text(channel),
        .text(receipt.number), .text(desk.officer.id), .text(takenOn), Value(payment.note),
      ])
    if desk.isCommittee { try Signature.write(receipt.id, by: desk.unit, to: db) }
    return receipt
  }

  /// Takes an entry back by a row that points at it.
  ///
  /// - Parameter which: an entry's id or receipt number.
  /// - Throws: `not_found`; `value_not_allowed` where it is a reversal itself or reversed already.
  package func reverse(_ which: String, note: String?, in db: Database) throws(RelayError) -> (id: String, of: String) {
    let found = try db.query(
      "SELECT id, member_id, kind, amount_fen, from_ym, to_ym, channel FROM dues_entry WHERE id = ?1 OR receipt_no = ?1",
      [.text(which)]
    ) { (row) throws(RelayError) in row.values }
    guard let entry = found.first else {
      throw RelayError(.notFound, "there is no ledger entry '\(which)' on this device")
    }
    guard found.count == 1 || found.contains(where: { $0[0] == .text(which) }) else {
      throw RelayError(
        .valueNotAllowed, "\(found.count) entries have the receipt number '\(which)'",
        advice: "Nothing was changed. Give the entry's id, as `dues show --json` lists it.")
    }
    guard entry[2] != "reversal",
      try db.first("SELECT 1 FROM dues_entry WHERE kind = 'reversal' AND reverses = ?", [entry[0]]) == nil
    else {
      throw RelayError(
        .valueNotAllowed, "'\(which)' is reversed already, or is a reversal", advice: "Nothing was changed.")
    }
    let id = desk.newID()
    try db.execute(
      """
      INSERT INTO dues_entry (id, member_id, kind, amount_fen, from_ym, to_ym, channel, reverses, taken_by, taken_on,
        note) VALUES (?, ?, 'reversal', ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), entry[1], .integer(-(entry[3].integer ?? 0)), entry[4], entry[5], entry[6], entry[0],
        .text(desk.officer.id), .text(desk.today.text), Value(note),
      ])
    return (id, entry[0].text ?? "")
  }

  private func months(_ payment: Payment, _ ledger: Ledger) throws(RelayError) -> (from: Month, to: Month) {
    func month(_ text: String) throws(RelayError) -> Month {
      guard let month = Month(text) else {
        throw RelayError(.valueNotAllowed, "'\(text)' is no month", advice: "Nothing was changed. Write YYYY-MM.")
      }
      return month
    }
    guard payment.to == nil || payment.months == nil else {
      throw RelayError(.usage, "give the last month or the number of months, not both")
    }
    let from = try payment.from.map(month) ?? ledger.nextMonth(on: desk.today) ?? desk.today.month
    let to: Month
    if let text = payment.to { to = try month(text) } else { to = from.advanced(by: (payment.months ?? 1) - 1) }
    guard from <= to, from.distance(to: to) < 120 else {
      throw RelayError(
        .valueNotAllowed, "\(from.text) to \(to.text) is no span of months",
        advice: "Nothing was changed. One entry covers 1 to 120 months.")
    }
    guard to <= desk.today.month.advanced(by: 24) else {
      throw RelayError(
        .valueNotAllowed, "\(to.text) is more than two years ahead", advice: "Nothing was changed. Check the months.")
    }
    return (from, to)
  }

  private func checkedChannel(_ payment: Payment, _ member: Member, in db: Database) throws(RelayError) -> String {
    let channel = payment.channel ?? (desk.isCommittee ? "counter" : "cash")
    try ColumnRules.check(channel, "channel", of: "dues_entry")
    guard channel == "online" || channel == "counter" else { return channel }
    let gate = try PointsGate(member, on: desk.today, in: db)
    guard desk.isCommittee else {
      let why =
        channel == "online"
        ? gate.text(Language.spoken) : Language.say("the committee's side enters it", "由党委登记")
      throw RelayError(
        .roleForbids,
        Language.say("a branch does not enter payments by '\(channel)': \(why)", "支部不登记“\(channel)”方式的交纳：\(why)"),
        advice: "Nothing was changed. Cash is always possible.")
    }
    if channel == "online", !gate.isOpen, !payment.isGateWaived {
      throw RelayError(
        .valueNotAllowed,
        Language.say(
          "\(member.title) cannot pay online yet: \(gate.text(.en))",
          "\(member.titleInChinese)尚不能线上交纳：\(gate.text(.zh))"),
        advice: "Nothing was changed. Cash is always possible; the committee may waive the points.")
    }
    return channel
  }

  /// Unit, device, counter: a number that no other device gives out. The counter stands in a note, since members leave
  /// and take their entries with them.
  ///
  /// - Throws: `value_not_allowed` where another device of the unit has given out receipts under this device's part.
  private func nextReceipt(in db: Database) throws(RelayError) -> String {
    let prefix = "\(desk.unit.code)-\(desk.device)-"
    let isKnown = try DeviceNotes.value("receipts_of", in: db) == prefix
    let noted = isKnown ? try DeviceNotes.value("receipts", in: db).flatMap { Int($0) } ?? 0 : 0
    let seen = try db.first(
      "SELECT max(CAST(substr(receipt_no, ?2) AS INTEGER)) FROM dues_entry WHERE substr(receipt_no, 1, ?2 - 1) = ?1",
      [.text(prefix), Value(prefix.utf8.count + 1)])?[0].integer
    guard isKnown || seen == nil else {
      throw RelayError(
        .valueNotAllowed, "another device of \(desk.unit.code) gives out receipts as \(prefix)…",
        advice: "Nothing was changed. Name this device with --device, such as \(desk.device)b.")
    }
    let next = max(noted, Int(seen ?? 0)) + 1
    try DeviceNotes.set("receipts_of", prefix, in: db)
    try DeviceNotes.set("receipts", String(next), in: db)
    return ReceiptNumber.text(prefix, next)
  }
}
