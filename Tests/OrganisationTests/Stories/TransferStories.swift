import Relay
import Testing

@testable import Organisation

@Suite("Stories of transfers")
struct TransferStories {
  @Test("a device says where it stands, what it serves, and for whom a request waits")
  func places() throws {
    let story = try Story()
    _ = try story.b17a.open("0417", to: "B042", at: "2017-10-02T08:00:00Z")
    let before = try story.b17a.agenda(on: "2017-10-02")
    #expect(before.place?.code == "B017" && before.place?.kind == "direct" && before.place?.above == "R1")
    #expect(before.requests == 1 && before.others.isEmpty, "the branch has not released")
    let scopes = try story.b17a.replica.status().scopes
    #expect(scopes.filter(\.isWritable).map(\.name) == ["unit/b17"])
    #expect(scopes.filter { !$0.isWritable }.map(\.name) == ["below/c", "below/r1", "everyone"])

    let request = try #require(try story.b17a.transfers().first?.id)
    try story.b17a.take("release", on: request, at: "2017-10-02T09:00:00Z")
    try story.sync([story.b17a, story.b42, story.c, story.r2], at: "2017-10-02T10:00:00Z")
    #expect(try story.b17a.agenda(on: "2017-10-02").others == [Agenda.Turn(unit: "B042", requests: 1)])
    #expect(try story.b42.agenda(on: "2017-10-02").requests == 1)
    #expect(try story.c.agenda(on: "2017-10-02").others == [Agenda.Turn(unit: "B042", requests: 1)])
    #expect(try story.r2.agenda(on: "2017-10-02").place?.level == "regional")
    #expect(try story.c.replica.status().scopes.map(\.name) == ["*"])

    // Before anybody has said who works there: the unit that is under none of the others.
    for (phone, unit) in [(story.r1, "r1"), (story.b17a, "b17")] {
      let rights = DeviceRights(try phone.replica.status())
      let found = try phone.replica.read { (db) throws(RelayError) in try DeviceDesk.unit(rights, in: db) }
      #expect(found == unit)
    }
  }

  @Test(
    "T05: a transfer while the old branch keeps working: what was before counts, what was after waits for a person",
    arguments: Order.allCases)
  func oldBranchWorks(order: Order) throws {
    let story = try Story()
    let request = try story.b17b.open("0417", to: "B042", at: "2017-10-02T08:00:00Z")
    try story.b17b.take("release", on: request, at: "2017-10-02T08:01:00Z")
    try story.settle(at: "2017-10-02T09:00:00Z")
    #expect(try story.b42.transfers().map(\.next) == ["B042"])
    #expect(try story.b42.agenda(on: "2017-10-02").transfers == 1)

    // B17a is offline from now on.
    try story.b42.take("accept", on: request, at: "2017-10-03T08:00:00Z")
    try story.sync([story.b42, story.c2], at: "2017-10-03T08:10:00Z")
    try story.c2.take("approve", on: request, at: "2017-10-04T08:00:00Z")
    try story.sync([story.c2], at: "2017-10-04T08:10:00Z")
    let moved = try story.settleOnly(at: "2017-10-04T09:00:00Z")
    #expect(moved.moved == ["no. 0417, Member 0417: B017 → B042"])
    try story.sync([story.b42, story.b17b], at: "2017-10-04T09:10:00Z")
    try story.b42.edit("0417", "employer=Harbour", at: "2017-10-06T08:00:00Z")
    let dues = try story.b17a.pay(
      "0417", "60.00", "2017-07", "2017-09", on: "2017-10-03", at: "2017-10-05T08:00:00Z")
    try story.b17a.edit("0417", "employer=Bakery", at: "2017-10-05T08:05:00Z")
    let call = try story.b17a.call("0417", "mobile", "reached", at: "2017-10-07T08:00:00Z")

    let done = try story.finish(order, [story.b17a, story.b42], at: "2017-10-08T08:00:00Z")
    #expect(done.review.map(\.note) == ["held: after_move contact_attempt \(call)"])
    let kept = try story.b17a.replica.read { (db) throws(RelayError) in
      try TransferView.list("0417", includingClosed: true, in: db).map(\.id)
    }
    #expect(kept == [request], "the old branch finds by the number where somebody went")
    for phone in [story.b42, story.c] {
      let card = try phone.card("0417", on: "2017-10-08")
      #expect(card.unit == "B042")
      #expect(card.paidThrough == "2017-09", "the dues count at 42")
      #expect(card.member.employer == "Harbour", "the later of two concurrent employers is shown")
      #expect(card.held.map(\.rowID) == [call])
      #expect(card.attempts.first { $0.isHeld }?.by == "Secretary 17")
      #expect(try phone.value("SELECT taken_by FROM dues_entry WHERE id = '\(dues.id)'") == "secretary-17")
    }
    #expect(try story.c.lastSuccess("m0417") == "2017-09-20", "the held call does not count")
    for phone in [story.b17a, story.b17b] {
      for table in ["member", "contact_point", "contact_attempt", "dues_entry"] {
        let column = table == "member" ? "id" : "member_id"
        #expect(try phone.rows("SELECT 1 FROM \(table) WHERE \(column) = 'm0417'").isEmpty, "\(phone.name) \(table)")
      }
      let stub = try #require(try phone.transfers().first)
      #expect(stub.title == "no. 0417, Member 0417")
      #expect((stub.state, stub.to, stub.decidedOn) == ("approved", "B042", "2017-10-04"))
      #expect(try phone.agenda(on: "2017-10-08").review == 1)
      let gone = #expect(throws: RelayError.self) { try phone.card("0417", on: "2017-10-08") }
      #expect(gone?.message.contains("no. 0417, Member 0417 moved to Branch 42 on 2017-10-04") == true)
    }
    #expect(try story.b17a.replica.status().refused == 0)
    // Nothing is lost: who lost knows, with the value that was shown instead.
    let lost = try story.b17a.notices().filter { $0.table == "member" && $0.column == "work" }
    #expect(lost.count == 1)
    #expect(lost.first?.others?.contains("Bakery") == true)

    try story.c.act(at: "2017-10-09T08:00:00Z") { (desk, db) throws(RelayError) in
      try Review.release(call, note: nil, desk: desk, in: db)
    }
    try story.finish(order, [story.b17a, story.b42], at: "2017-10-09T09:00:00Z")
    #expect(try story.b17a.agenda(on: "2017-10-09").review == 0)
    #expect(try story.b42.lastSuccess("m0417") == "2017-10-07")
  }

  @Test("a stop counts from where the hub put it, whatever the clock of who stopped said", arguments: [true, false])
  func slowClock(stopsFirst: Bool) throws {
    let story = try Story()
    let request = try story.b17b.open("0417", to: "B042", at: "2017-10-02T08:00:00Z")
    try story.b17b.take("release", on: request, at: "2017-10-02T08:01:00Z")
    try story.sync([story.b17b, story.b17a, story.b42, story.c2], at: "2017-10-02T09:00:00Z")
    try story.b42.take("accept", on: request, at: "2017-10-03T08:00:00Z")
    try story.sync([story.b42], at: "2017-10-03T08:10:00Z")
    // The clock of the device that withdraws is a week behind, or a week ahead.
    try story.b17a.take("withdraw", on: request, at: stopsFirst ? "2017-10-11T08:00:00Z" : "2017-09-25T08:00:00Z")
    try story.c2.take("approve", on: request, at: "2017-10-04T08:00:00Z")
    let order = stopsFirst ? [story.b17a, story.c2] : [story.c2, story.b17a]
    for phone in order { try story.sync([phone], at: "2017-10-04T09:00:00Z") }
    let done = try story.settleOnly(at: "2017-10-04T10:00:00Z")
    #expect(done.moved.isEmpty == stopsFirst)
    try story.sync([story.b42, story.b17a, story.b17b], at: "2017-10-04T11:00:00Z")
    for phone in [story.b17a, story.b17b, story.b42, story.c] {
      let view = try #require(try phone.transfers().first { $0.id == request })
      #expect(view.state == (stopsFirst ? "withdrawn" : "approved"), "\(phone.name)")
    }
  }

  @Test("a second way for a member is refused where the first is known; when all have said yes the office is next")
  func secondWay() throws {
    let story = try Story()
    let first = try story.b17a.open("0417", to: "B042", at: "2017-10-02T08:00:00Z")
    let error = #expect(throws: RelayError.self) {
      try story.b17a.open("0417", to: "B008", at: "2017-10-02T08:10:00Z")
    }
    #expect(error?.code == .valueNotAllowed)
    #expect(error?.message.contains("is leaving to B042 already: transfer \(first.prefix(8))") == true)
    #expect(error?.advice.contains("transfer withdraw \(first.prefix(8))") == true)

    try story.b17a.take("release", on: first, at: "2017-10-02T08:20:00Z")
    try story.sync([story.b17a, story.b42, story.c], at: "2017-10-02T09:00:00Z")
    try story.b42.take("accept", on: first, at: "2017-10-02T10:00:00Z")
    try story.sync([story.b42, story.c], at: "2017-10-02T11:00:00Z")
    #expect(try story.c.agenda(on: "2017-10-02").toSettle == 0)
    try story.c.take("approve", on: first, at: "2017-10-02T12:00:00Z")
    let view = try #require(try story.c.transfers().first { $0.id == first })
    #expect((view.next, view.command) == ("C", "office settle"))
    #expect(try story.c.agenda(on: "2017-10-02").toSettle == 1)
    _ = try story.c.settle(at: "2017-10-02T13:00:00Z")
    #expect(try story.c.agenda(on: "2017-10-02").toSettle == 0)
  }

  @Test("T06: pulled two ways: one goes on, the other waits and says for whom", arguments: Order.allCases)
  func twoWays(order: Order) throws {
    let story = try Story()
    let first = try story.b17a.open("0417", to: "B042", at: "2017-10-03T08:00:00Z")
    try story.b17a.take("release", on: first, at: "2017-10-03T08:01:00Z")
    let second = try story.r1.open("0417", to: "B008", at: "2017-10-02T08:00:00Z")
    try story.r1.take("release", on: second, at: "2017-10-02T08:01:00Z")

    let done = try story.finish(order, [story.b17a, story.r1], at: "2017-10-03T12:00:00Z")
    #expect(done.moved.isEmpty)
    for phone in [story.b17a, story.r1, story.c] {
      let views = try phone.transfers()
      #expect(views.first { $0.id == first }?.state == "released", "\(phone.name)")
      let waiting = try #require(views.first { $0.id == second })
      #expect((waiting.state, waiting.waitsFor) == ("open", "B042"), "\(phone.name)")
      #expect(waiting.remarks == ["already leaving to B042"], "\(phone.name)")
      #expect(waiting.text(.en).contains("waits: already leaving to B042"))
      #expect(
        waiting.text(.en).contains("transfer withdraw \(first.prefix(8)), or transfer withdraw \(second.prefix(8))"))
      #expect(try phone.value("SELECT unit_id FROM member WHERE id = 'm0417'") == "b17")
    }
    // The committee decides.
    try story.c.act(at: "2017-10-04T08:00:00Z") { (desk, db) throws(RelayError) in
      try TransferDesk(desk).take("refuse", on: first, note: "08 is nearer", in: db)
    }
    try story.b08.take("accept", on: second, at: "2017-10-04T08:00:00Z")
    try story.c2.take("approve", on: second, at: "2017-10-04T08:30:00Z")
    let end = try story.finish(order, [story.b08, story.c2], at: "2017-10-04T12:00:00Z")
    #expect(end.moved == ["no. 0417, Member 0417: B017 → B008"])
    #expect(try story.c.value("SELECT unit_id FROM member WHERE id = 'm0417'") == "b08")
    #expect(try story.b17a.transfers().first { $0.id == first }?.state == "refused")
  }

  static let orders: [[Int]] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]

  @Test(
    "T07: claim before release: three requests are one transfer, done when the last is in, in any order",
    arguments: TransferStories.orders, [false, true])
  func claimFirst(order: [Int], isSettledBetween: Bool) throws {
    let story = try Story()
    let claim = try story.b42.claim("no. 0417, Member 0417", at: "2017-10-02T08:00:00Z")
    let main = try story.b17a.open("0417", to: "B042", at: "2017-10-03T08:00:00Z")
    try story.b17a.take("release", on: main, at: "2017-10-03T08:01:00Z")
    let told = try story.c2.open("0417", to: "B042", at: "2017-10-02T09:00:00Z")
    try story.c2.take("approve", on: told, at: "2017-10-02T09:01:00Z")

    let phones = order.map { [story.b42, story.b17a, story.c2][$0] }
    for (at, phone) in phones.enumerated() {
      try story.sync([phone], at: "2017-10-04T08:00:00Z")
      guard isSettledBetween || at == 2 else { continue }
      let done = try story.settleOnly(at: "2017-10-04T09:00:00Z")
      #expect(done.moved.count == (at == 2 ? 1 : 0), "after \(phone.name)")
    }
    try story.settle(at: "2017-10-04T09:30:00Z")
    try story.finish(.firstComesFirst, [], at: "2017-10-04T10:00:00Z")
    let state = try story.c.rows(
      "SELECT id, coalesce(same_as, '-'), state, member_id, from_unit_id, to_unit_id, decided_on FROM request ORDER BY id"
    )
    let rest: [Value] = ["approved", "m0417", "b17", "b42", "2017-10-03"]
    #expect(
      state
        == [(claim, main), (main, "-"), (told, main)].sorted { $0.0 < $1.0 }.map { [.text($0.0), .text($0.1)] + rest })
    #expect(try story.c.value("SELECT unit_id FROM member WHERE id = 'm0417'") == "b42")
    for phone in [story.b17a, story.b42, story.c] {
      let views = try phone.transfers()
      #expect(views.count == 1, "\(phone.name)")
      #expect(views[0].boxes.allSatisfy { $0.done != nil }, "\(phone.name)")
      #expect(Set(views[0].sameAs) == [claim, told], "\(phone.name)")
    }
    #expect(try story.b42.card("0417", on: "2017-10-04").contacts.count == 1)
  }
}
