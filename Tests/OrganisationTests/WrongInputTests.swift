import Relay
import Testing

@testable import Organisation

/// What people type wrongly: a clear error with its code, and nothing changed.
@Suite("Wrong input")
struct WrongInputTests {
  let story: Story

  init() throws { story = try Story() }

  private func expect(
    _ code: ErrorCode, _ phone: Phone, _ what: String, _ body: (Desk, Database) throws(RelayError) -> Void
  ) throws {
    let before = try phone.replica.status()
    let error = #expect(throws: RelayError.self, "\(what)") { try phone.act(at: "2017-10-05T08:00:00Z", body) }
    #expect(error?.code == code, "\(what): \(error?.description ?? "-")")
    #expect(try phone.replica.status() == before, "\(what)")
  }

  @Test("members: unknown ones, columns that are not edited, values that do not fit, columns of another role")
  func members() throws {
    let phone = story.b17a
    func edit(_ code: ErrorCode, _ change: String, of who: String = "0417") throws {
      try expect(code, phone, change) { (_, db) throws(RelayError) in
        try MemberEdit.write([try Assignment(change)], to: try Member.find(who, in: db), in: db)
      }
    }
    try edit(.notFound, "area=North", of: "0999")
    try edit(.notFound, "area=North", of: "4201")
    try edit(.valueNotAllowed, "area")
    try edit(.valueNotAllowed, "=North")
    try edit(.valueNotAllowed, "colour=red")
    try edit(.valueNotAllowed, "mobile=000-1")
    try edit(.valueNotAllowed, "unit_id=b42")
    try edit(.valueNotAllowed, "paid_through=2020-01")
    try edit(.valueNotAllowed, "status=removed")
    try edit(.valueNotAllowed, "full_name=")
    try edit(.valueNotAllowed, "sex=x")
    try edit(.valueNotAllowed, "birth_ym=1980-13")
    try edit(.valueNotAllowed, "education=doctor")
    try edit(.valueNotAllowed, "interests=films")
    try edit(.valueNotAllowed, "area+=North")
    try edit(.valueNotAllowed, "note=" + String(repeating: "x", count: 501))
    try edit(.roleForbids, "joined_ym=2010-01")
    try edit(.roleForbids, "reach=lost")
    try expect(.valueNotAllowed, phone, "an empty number") { (desk, db) throws(RelayError) in
      _ = try ContactBook.add(
        ContactBook.New(kind: "mobile", value: " - "), to: try Member.find("0417", in: db), desk: desk, in: db)
    }
    try expect(.valueNotAllowed, phone, "an unknown status in a filter") { (desk, db) throws(RelayError) in
      var filter = MemberFilter()
      filter.status = "gone"
      _ = try filter.members(in: db, on: desk.today)
    }
  }

  @Test("numbers that nobody can call, days that cannot be: of birth, of leaving, of moving, of an appraisal")
  func implausible() throws {
    for (kind, value) in [
      ("mobile", "abc"), ("phone", "123 ext"), ("email", "nobody"), ("email", "a@"), ("email", "a@b@c"),
    ] {
      try expect(.valueNotAllowed, story.b17a, value) { (desk, db) throws(RelayError) in
        _ = try ContactBook.add(
          ContactBook.New(kind: kind, value: value), to: try Member.find("0417", in: db), desk: desk, in: db)
      }
    }
    for born in ["2995-03", "2017-11", "1873-01"] {
      try expect(.valueNotAllowed, story.b17a, born) { (desk, db) throws(RelayError) in
        _ = try MemberEdit.add(MemberEdit.Newcomer(name: "New", born: born), desk: desk, in: db)
      }
    }
    for day in ["2017-10-06", "2027-01-01", "1990-01-01", "today"] {
      try expect(.valueNotAllowed, story.c, day) { (desk, db) throws(RelayError) in
        try DeclarationDesk(desk).leave(try Member.find("0417", in: db), status: "deceased", on: day, in: db)
      }
    }
    try expect(.valueNotAllowed, story.b17a, "moved in the past") { (desk, db) throws(RelayError) in
      _ = try TransferDesk(desk).open(
        try Member.find("0417", in: db), TransferDesk.Opening(to: "B042", effectiveOn: "2016-02-20"), in: db)
    }
    try expect(.valueNotAllowed, story.b17a, "a round of 2030") { (desk, db) throws(RelayError) in
      _ = try AppraisalDesk(desk).enter(
        "2030", "self", "good", for: try Member.find("0417", in: db), voter: nil, text: nil, in: db)
    }
    try expect(.valueNotAllowed, story.c, "a case without an outcome") { (desk, db) throws(RelayError) in
      let id = try CaseDesk(desk).open(try Member.find("0417", in: db), referredBy: nil, text: nil, in: db)
      _ = try CaseDesk(desk).close(id, outcome: " ", in: db)
    }
  }

  @Test("whoever registers somebody of a name that is there already is told of the other")
  func twins() throws {
    let other = try story.b17a.act(at: "2017-10-05T08:00:00Z") { (desk, db) throws(RelayError) in
      let first = try MemberEdit.add(MemberEdit.Newcomer(name: "Li Ming", born: "1990-01"), desk: desk, in: db)
      let second = try MemberEdit.add(MemberEdit.Newcomer(name: "li ming"), desk: desk, in: db)
      let third = try MemberEdit.add(MemberEdit.Newcomer(name: "Li Ming", born: "1991-01"), desk: desk, in: db)
      return (
        try Duplicates.like(second.id, in: db).map(\.id).contains(first.id),
        try Duplicates.like(third.id, in: db).map(\.id) == [second.id]
      )
    }
    #expect(other == (true, true))
  }

  @Test("dues: amounts, months, days, channels")
  func dues() throws {
    func pay(
      _ code: ErrorCode, _ phone: Phone, _ what: String, _ change: (inout DuesDesk.Payment) -> Void
    ) throws {
      var payment = DuesDesk.Payment()
      change(&payment)
      try expect(code, phone, what) { [payment] (desk, db) throws(RelayError) in
        _ = try DuesDesk(desk).pay(payment, for: try Member.find("0417", in: db), in: db)
      }
    }
    let phone = story.b17a
    try pay(.valueNotAllowed, phone, "a negative amount") { $0.amount = "-60" }
    try pay(.valueNotAllowed, phone, "no amount") { $0.amount = "sixty" }
    try pay(.valueNotAllowed, phone, "no month") { $0.from = "2017-13" }
    try pay(.valueNotAllowed, phone, "months that run backwards") { ($0.from, $0.to) = ("2017-09", "2017-07") }
    try pay(.valueNotAllowed, phone, "far ahead") { ($0.from, $0.to) = ("2017-07", "2020-01") }
    try pay(.valueNotAllowed, phone, "zero months") { $0.months = 0 }
    try pay(.usage, phone, "both") { ($0.to, $0.months) = ("2017-09", 3) }
    try pay(.valueNotAllowed, phone, "tomorrow") { $0.takenOn = "2017-10-06" }
    try pay(.valueNotAllowed, phone, "no channel") { $0.channel = "cheque" }
    try pay(.roleForbids, phone, "the counter's") { $0.channel = "counter" }
    try pay(.roleForbids, phone, "online at a branch") { $0.channel = "online" }
    try pay(.valueNotAllowed, story.c, "too few points") { $0.channel = "online" }
    try expect(.notFound, phone, "an unknown entry") { (desk, db) throws(RelayError) in
      _ = try DuesDesk(desk).reverse("B017-1-999999", note: nil, in: db)
    }
  }

  @Test("activities, calls, transfers and the office")
  func others() throws {
    let phone = story.b17a
    try expect(.notFound, phone, "no such activity") { (desk, db) throws(RelayError) in
      _ = try Activity.find("nothing", in: db)
    }
    try expect(.valueNotAllowed, phone, "no kind") { (desk, db) throws(RelayError) in
      _ = try ActivityDesk(desk).add(ActivityDesk.Plan(title: "Party", kind: "party"), in: db)
    }
    try expect(.valueNotAllowed, phone, "no time") { (desk, db) throws(RelayError) in
      _ = try ActivityDesk(desk).add(ActivityDesk.Plan(title: "Walk", kind: "visit"), in: db)
    }
    for to in ["2017-10-04", "2017-13-01"] {
      try expect(.valueNotAllowed, phone, "a sweep until \(to)") { (desk, db) throws(RelayError) in
        _ = try SweepDesk(desk).start("Roll call", to: to, target: "all", fields: [], in: db)
      }
    }
    try phone.act(at: "2017-10-05T07:00:00Z") { (desk, db) throws(RelayError) in
      _ = try SweepDesk(desk).start("Roll call", to: nil, target: "all", fields: [], in: db)
    }
    try expect(.valueNotAllowed, phone, "the same sweep twice") { (desk, db) throws(RelayError) in
      _ = try SweepDesk(desk).start("Roll call", to: nil, target: "all", fields: [], in: db)
    }
    try expect(.valueNotAllowed, phone, "a call of tomorrow") { (desk, db) throws(RelayError) in
      var attempt = ContactLog.Attempt(channel: "mobile", outcome: "reached")
      attempt.at = "2017-10-06T08:00:00Z"
      _ = try ContactLog(desk).log(attempt, of: try Member.find("0417", in: db), in: db)
    }
    let rights = DeviceRights(try phone.replica.status())
    try expect(.notFound, phone, "members of another branch") { (desk, db) throws(RelayError) in
      try Look(db, rights, now: desk.now).unitHere("B042")
    }
    try expect(.valueNotAllowed, phone, "no outcome") { (desk, db) throws(RelayError) in
      _ = try ContactLog(desk).log(
        ContactLog.Attempt(channel: "mobile", outcome: "talked"), of: try Member.find("0417", in: db), in: db)
    }
    try expect(.notFound, phone, "no such unit") { (desk, db) throws(RelayError) in
      _ = try TransferDesk(desk).open(try Member.find("0417", in: db), TransferDesk.Opening(to: "B999"), in: db)
    }
    try expect(.valueNotAllowed, phone, "to where the member is") { (desk, db) throws(RelayError) in
      _ = try TransferDesk(desk).open(try Member.find("0417", in: db), TransferDesk.Opening(to: "B017"), in: db)
    }
    try expect(.valueNotAllowed, phone, "a claim without a number") { (desk, db) throws(RelayError) in
      _ = try TransferDesk(desk).claim("somebody", TransferDesk.Opening(), in: db)
    }
    try expect(.notFound, phone, "no such request") { (desk, db) throws(RelayError) in
      _ = try TransferDesk(desk).take("release", on: "nothing", in: db)
    }
    let request = try phone.open("0417", to: "B042", at: "2017-10-05T08:00:00Z")
    for step in ["accept", "approve"] {
      try expect(.roleForbids, phone, step) { (desk, db) throws(RelayError) in
        _ = try TransferDesk(desk).take(step, on: request, in: db)
      }
    }
    let error = #expect(throws: RelayError.self) { try phone.settle(at: "2017-10-05T09:00:00Z") }
    #expect(error?.code == .roleForbids)
    try expect(.roleForbids, phone, "the committee's review") { (desk, db) throws(RelayError) in
      try Review.release("x", note: nil, desk: desk, in: db)
    }
  }

  @Test("the sample organisation is settled already, but for who was never reached")
  func sample() throws {
    let office = try OfficeDevice()
    let generator = Generator()
    for batch in try generator.batches(.unit("R6")) {
      try office.replica.write { (db) throws(RelayError) in try batch.write(to: db) }
    }
    for batch in try generator.batches() where batch.unit == "C" {
      try office.replica.write { (db) throws(RelayError) in try batch.write(to: db) }
    }
    let now = try #require(Instant("2017-10-31T12:00:00Z"))
    let done = try Office(office.replica, now: now).settle()
    #expect((done.moved.count, done.points, done.paid, done.requests, done.held, done.frozen) == (0, 0, 0, 0, 0, 0))
    #expect(try Office(office.replica, now: now).settle().written == 0)
  }
}
