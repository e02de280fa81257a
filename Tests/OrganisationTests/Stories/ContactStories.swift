import Relay
import Testing

@testable import Organisation

@Suite("Stories of calls that were entered wrong")
struct ContactStories {
  private func reach(_ phone: Phone, _ day: String) throws -> (last: String?, outcomes: [String]) {
    let card = try phone.card("0417", on: day)
    return (card.lastContact, card.attempts.map(\.outcome))
  }

  @Test(
    "a call that reached nobody was entered as reached: its author corrects it without a network, and the last contact follows",
    arguments: Order.allCases)
  func corrected(order: Order) throws {
    let story = try Story()
    let (a, b) = (story.b17a, story.b17b)
    let (before, outcomes) = try reach(a, "2017-10-05")
    let id = try a.act(at: "2017-10-05T08:00:00Z") { (desk, db) throws(RelayError) in
      try ContactLog(desk).log(
        ContactLog.Attempt(channel: "mobile", outcome: "reached"), of: try Member.find("0417", in: db), in: db)
    }
    #expect(try reach(a, "2017-10-05").last == "2017-10-05")
    try story.finish(order, [a, b], at: "2017-10-05T12:00:00Z")
    // Who did not enter it does not correct it.
    let error = #expect(throws: RelayError.self) {
      try b.act(at: "2017-10-06T08:00:00Z") { (desk, db) throws(RelayError) in
        _ = try ContactLog(desk).withdraw(id, in: db)
      }
    }
    #expect(error?.code == .roleForbids)
    try a.act(at: "2017-10-06T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try ContactLog(desk).correct(id, outcome: "no_answer", note: nil, in: db)
    }
    #expect(try reach(a, "2017-10-06").last == before)
    try story.finish(order, [a, b], at: "2017-10-06T12:00:00Z")
    for phone in [a, b, story.c] {
      let now = try reach(phone, "2017-10-06")
      #expect(now.last == before, "\(phone.name)")
      #expect(now.outcomes == ["no_answer"] + outcomes, "\(phone.name)")
      #expect(
        try phone.value("SELECT last_contact_on FROM member WHERE id = 'm0417'") == before.map { .text($0) } ?? .null)
      #expect(try phone.conflicts().isEmpty)
    }
    // Corrected again and taken back in the end: the last word holds.
    try a.act(at: "2017-10-07T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try ContactLog(desk).correct(id, outcome: "left_message", note: "calls back", in: db)
    }
    #expect(try reach(a, "2017-10-07").outcomes.first == "left_message")
    try a.act(at: "2017-10-07T08:01:00Z") { (desk, db) throws(RelayError) in
      _ = try ContactLog(desk).withdraw(String(id.prefix(40)), in: db)
    }
    try story.finish(order, [a, b], at: "2017-10-07T12:00:00Z")
    for phone in [a, b, story.c] {
      #expect(try !reach(phone, "2017-10-07").outcomes.contains("left_message"), "\(phone.name)")
    }
  }

  @Test("a wrong number is marked as not working, the sheet of the sweep says so, and a correction undoes it")
  func wrongNumber() throws {
    let story = try Story()
    let a = story.b17a
    let sweep = try a.act(at: "2017-10-04T08:00:00Z") { (desk, db) throws(RelayError) in
      try SweepDesk(desk).start("Autumn", to: nil, target: "all", fields: [], in: db)
    }
    func dead() throws -> [String?] { try a.card("0417", on: "2017-10-05").contacts.map(\.deadSince) }
    #expect(try dead() == [nil])
    let number = try a.card("0417", on: "2017-10-05").contacts[0].value
    var attempt = ContactLog.Attempt(channel: "mobile", outcome: "wrong_number")
    let id = try a.act(at: "2017-10-05T08:00:00Z") { [attempt] (desk, db) throws(RelayError) in
      try ContactLog(desk).log(attempt, of: try Member.find("0417", in: db), in: db)
    }
    #expect(try dead() == ["2017-10-05"])
    let form = try a.page(on: "2017-10-05") { (look) throws(RelayError) in
      try SweepPages.form(try Sweep.find(sweep, in: look.db), look)
    }
    #expect(form.grids[0].lines.contains { $0.contains("\(number) (does not work)") })
    try a.act(at: "2017-10-05T09:00:00Z") { (desk, db) throws(RelayError) in
      _ = try ContactLog(desk).correct(id, outcome: "no_answer", note: nil, in: db)
    }
    #expect(try dead() == [nil])
    // With a second number somebody has to say which; its text will do.
    try a.act(at: "2017-10-05T10:00:00Z") { (desk, db) throws(RelayError) in
      _ = try ContactBook.add(
        ContactBook.New(kind: "mobile", value: "000 7777"), to: try Member.find("0417", in: db), desk: desk, in: db)
    }
    let unclear = attempt
    let error = #expect(throws: RelayError.self) {
      try a.act(at: "2017-10-05T11:00:00Z") { (desk, db) throws(RelayError) in
        _ = try ContactLog(desk).log(unclear, of: try Member.find("0417", in: db), in: db)
      }
    }
    #expect(error?.advice.contains("--point") == true)
    attempt.contactPoint = "0007777"
    try a.act(at: "2017-10-05T11:00:00Z") { [attempt] (desk, db) throws(RelayError) in
      _ = try ContactLog(desk).log(attempt, of: try Member.find("0417", in: db), in: db)
    }
    let points = try a.card("0417", on: "2017-10-05").contacts
    #expect(points.first { $0.value == "000 7777" }?.deadSince == "2017-10-05")
    #expect(points.first { $0.value == number }?.deadSince == nil)
  }
}
