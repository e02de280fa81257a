import Relay
import Testing

@testable import Organisation

@Suite("Stories of money")
struct MoneyStories {
  @Test(
    "T01: the same cash, two phones: both entries stay, flagged; one is reversed and the months are paid once",
    arguments: Order.allCases)
  func sameCash(order: Order) throws {
    let story = try Story()
    let (a, b) = (story.b17a, story.b17b)
    let first = try a.pay("0417", "60.00", "2017-07", "2017-09", at: "2017-10-09T10:02:00Z")
    let second = try b.pay("0417", "60.00", "2017-07", "2017-09", at: "2017-10-09T10:05:00Z")
    #expect([first.number, second.number] == ["B017-1-000001", "B017-2-000001"])

    let done = try story.finish(order, [a, b], at: "2017-10-09T12:00:00Z")
    #expect(done.possibleDoublePayments.map(Set.init) == [[first.id, second.id]])
    for phone in [a, b, story.c] {
      let ledger = try phone.ledger("0417", on: "2017-10-09")
      let flagged = ledger.lines.filter(\.isPossibleDuplicate).map(\.entry.id)
      #expect(Set(flagged) == [first.id, second.id], "\(phone.name)")
      #expect(ledger.paidThrough == "2017-09", "\(phone.name)")
      #expect(ledger.text(.en).contains("possible duplicate"))
    }

    try b.reverse(second.number, at: "2017-10-10T08:00:00Z")
    let again = try story.finish(order, [a, b], at: "2017-10-10T09:00:00Z")
    #expect(again.possibleDoublePayments.isEmpty)
    for phone in [a, b, story.c] {
      let entries = try phone.rows(
        "SELECT kind, sum(amount_fen), count(*) FROM dues_entry WHERE member_id = 'm0417' GROUP BY kind ORDER BY kind")
      #expect(entries == [["adjustment", 12000, 1], ["payment", 12000, 2], ["reversal", -6000, 1]], "\(phone.name)")
      #expect(try phone.value("SELECT paid_through FROM member WHERE id = 'm0417'") == "2017-09", "\(phone.name)")
      let ledger = try phone.ledger("0417", on: "2017-10-10")
      #expect(ledger.lines.filter(\.isPossibleDuplicate).isEmpty)
      #expect(ledger.lines.filter(\.isReversed).map(\.entry.id) == [second.id])
    }
  }

  @Test("T02: two real payments on one day: both count, nothing is flagged", arguments: Order.allCases)
  func twoPayments(order: Order) throws {
    let story = try Story()
    try story.b17a.pay("0417", "60.00", "2017-07", "2017-09", at: "2017-10-09T10:00:00Z")
    let counter = try story.c2.pay("0417", "60", "2017-10", "2017-12", at: "2017-10-09T11:00:00Z")
    #expect(counter.channel == "counter")

    let done = try story.finish(order, [story.b17a, story.c2], at: "2017-10-09T12:00:00Z")
    #expect(done.possibleDoublePayments.isEmpty)
    for phone in [story.b17a, story.b17b, story.c] {
      #expect(try phone.value("SELECT paid_through FROM member WHERE id = 'm0417'") == "2017-12", "\(phone.name)")
      #expect(try phone.value("SELECT sum(amount_fen) FROM dues_entry WHERE member_id = 'm0417'") == 24000)
      #expect(try phone.ledger("0417", on: "2017-10-09").lines.allSatisfy { !$0.isPossibleDuplicate })
      #expect(try phone.card("0417", on: "2017-12-31").unpaid == 0)
    }
  }

  @Test("a month paid in part: the rest is asked for, what stays unpaid is said, far too much is asked back")
  func inPart() throws {
    let phone = try Story().b17a
    let first = try phone.pay("0417", "12", "2017-07", "2017-07", at: "2017-10-09T10:00:00Z")
    #expect((first.amountFen, first.leftFen) == (1200, 800))
    #expect(first.notes(.en) == "\nnote: the plan asks 20.00 for these months; they stay unpaid by 8.00")
    // Nobody says how much: it is what is missing of the month.
    let rest = try phone.act(at: "2017-10-10T10:00:00Z") { (desk, db) throws(RelayError) in
      try DuesDesk(desk).pay(DuesDesk.Payment(), for: try Member.find("0417", in: db), in: db)
    }
    #expect((rest.from, rest.to, rest.amountFen, rest.leftFen) == ("2017-07", "2017-07", 800, 0))
    #expect(rest.notes(.zh) == "\n注意：按计划应交 20.00 元；此前已交 12.00 元")
    #expect(try phone.ledger("0417", on: "2017-10-10").paidThrough == "2017-07")

    let twice = #expect(throws: RelayError.self) {
      try phone.pay("0417", nil, "2017-07", "2017-07", at: "2017-10-11T10:00:00Z")
    }
    #expect(twice?.code == .valueNotAllowed)
    #expect(twice?.message == "no. 0417, Member 0417 has paid 2017-07 to 2017-07 already")
    let much = #expect(throws: RelayError.self) {
      try phone.pay("0417", "5000", "2017-08", "2017-09", at: "2017-10-11T10:00:00Z")
    }
    #expect(much?.code == .valueNotAllowed)
    var meant = DuesDesk.Payment()
    (meant.amount, meant.from, meant.isMore) = ("5000", "2017-08", true)
    let paid = try phone.act(at: "2017-10-11T10:00:00Z") { [meant] (desk, db) throws(RelayError) in
      try DuesDesk(desk).pay(meant, for: try Member.find("0417", in: db), in: db)
    }
    #expect(paid.amountFen == 500_000)
  }

  @Test("T09: the points gate opens when the points of all devices are in, and not before", arguments: Order.allCases)
  func pointsGate(order: Order) throws {
    let story = try Story()
    for number in 1...10 {
      try story.c.sql(
        """
        INSERT INTO points_entry (id, member_id, year, points, why, on_date)
        VALUES ('study-' || ?, 'm0417', 2017, 5, 'study', '2017-03-01')
        """, [.integer(Int64(number))], at: "2017-10-01T08:00:00Z")
    }
    try story.settle(at: "2017-10-01T09:00:00Z")

    let meeting = try story.b17a.plan(
      "Meeting", "meeting", starts: "2017-10-10T06:00:00Z", place: "Hall", at: "2017-10-02T08:00:00Z")
    try story.b17a.attend(meeting, ["0417"], at: "2017-10-10T06:10:00Z")
    let lecture = try story.r1.plan(
      "Lecture", "lecture", starts: "2017-10-10T10:00:00Z", place: "Hall", at: "2017-10-02T08:00:00Z")
    try story.r1.attend(lecture, ["0417"], at: "2017-10-10T10:10:00Z")
    let gate = try story.b17a.card("0417", on: "2017-10-10").gate
    #expect(gate.text(.en) == "55 of 60 known here, 5 more may be on other devices; cash is always possible")
    let refused = #expect(throws: RelayError.self) {
      try story.b17a.pay("0417", nil, "2017-07", "2017-07", by: "online", at: "2017-10-10T11:00:00Z")
    }
    #expect(refused?.code == .roleForbids)
    let inChinese = #expect(throws: RelayError.self) {
      try Language.$spoken.withValue(.zh) {
        _ = try story.b17a.pay("0417", nil, "2017-07", "2017-07", by: "online", at: "2017-10-10T11:00:00Z")
      }
    }
    #expect(inChinese?.message == "支部不登记“online”方式的交纳：\(gate.text(.zh))")
    let early = #expect(throws: RelayError.self) {
      try story.c.pay("0417", nil, "2017-07", "2017-07", by: "online", at: "2017-10-10T11:00:00Z")
    }
    #expect(early?.code == .valueNotAllowed)

    try story.finish(order, [story.b17a, story.r1], at: "2017-10-10T12:00:00Z")
    #expect(try story.c.value("SELECT sum(points) FROM points_entry WHERE member_id = 'm0417'") == 60)
    #expect(try story.b17a.card("0417", on: "2017-10-10").gate.isOpen)
    try story.c.pay("0417", nil, "2017-07", "2017-09", by: "online", at: "2017-10-11T08:00:00Z")
    try story.finish(order, [story.b17a, story.r1], at: "2017-10-11T09:00:00Z")
    #expect(try story.b17a.value("SELECT paid_through FROM member WHERE id = 'm0417'") == "2017-09")

    // The mark was wrong: the points go, the payment stays.
    try story.r1.attend(lecture, ["0417"], mark: "absent", at: "2017-10-12T08:00:00Z")
    try story.finish(order, [story.b17a, story.r1], at: "2017-10-12T09:00:00Z")
    #expect(try story.c.value("SELECT sum(points) FROM points_entry WHERE member_id = 'm0417'") == 55)
    #expect(try story.b17a.card("0417", on: "2017-10-12").gate.isOpen == false)
    #expect(try story.b17a.value("SELECT paid_through FROM member WHERE id = 'm0417'") == "2017-09")
  }

  @Test("T14: a budget edited twice: what was approved stands, and the late edit comes back", arguments: Order.allCases)
  func budget(order: Order) throws {
    let story = try Story()
    try story.b17a.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      try db.execute(
        """
        INSERT INTO request (id, kind, unit_id, title, opened_on)
        VALUES ('budget', 'budget_activity', 'b17', 'Autumn', '2017-10-02')
        """)
      try db.execute(
        "INSERT INTO request_line (id, request_id, item, quantity, unit_fen) VALUES ('lunch', 'budget', 'lunch', 25, 2000)"
      )
      try db.execute(
        """
        INSERT INTO request_step (id, request_id, step, actor_id, actor_unit_id, at)
        VALUES ('open', 'budget', 'open', 'secretary-17', 'b17', '2017-10-02T08:00:00Z')
        """)
      try db.execute("INSERT INTO signature (id, unit_id) VALUES ('open', 'b17')")
    }
    try story.settle(at: "2017-10-02T09:00:00Z")
    try story.sync([story.b17b], at: "2017-10-02T09:00:00Z")

    try story.b17a.sql("UPDATE request_line SET quantity = 30 WHERE id = 'lunch'", at: "2017-10-03T08:00:00Z")
    try story.b17b.sql("UPDATE request_line SET quantity = 40 WHERE id = 'lunch'", at: "2017-10-03T08:30:00Z")
    try story.sync([story.b17a, story.c2], at: "2017-10-03T09:00:00Z")
    try story.c2.act(at: "2017-10-03T10:00:00Z") { (desk, db) throws(RelayError) in
      let note = try BudgetLine.note("budget", in: db)
      try db.execute(
        """
        INSERT INTO request_step (id, request_id, step, actor_id, actor_unit_id, at, note)
        VALUES ('approve', 'budget', 'approve', 'chair', 'c', '2017-10-03T10:00:00Z', ?)
        """, [.text(note)])
      try db.execute("INSERT INTO signature (id, unit_id) VALUES ('approve', 'c')")
    }
    try story.finish(order, [story.b17b, story.c2], at: "2017-10-03T12:00:00Z")
    for phone in [story.b17a, story.b17b, story.c] {
      #expect(try phone.rows("SELECT quantity, unit_fen FROM request_line WHERE id = 'lunch'") == [[30, 2000]])
      #expect(
        try phone.rows("SELECT state, amount_fen, decided_on FROM request WHERE id = 'budget'")
          == [["approved", 60000, "2017-10-03"]], "\(phone.name)")
      #expect(try phone.conflicts().isEmpty, "\(phone.name)")
      let review = try phone.replica.read { (db) throws(RelayError) in try Review.open(in: db).items }
      #expect(review.map(\.note) == ["held: frozen request_line lunch 40x20.00"], "\(phone.name)")
      #expect(try phone.agenda(on: "2017-10-03").review == 1)
    }
  }
}
