import Relay
import RelayHub
import TestSupport
import Testing

/// What an author claims to have known is what was on the screen: claiming more would settle other people's conflicts in
/// silence, claiming less would ask people about their own work.
@Suite struct ClaimStories {
  @Test("Two programs write before anybody looks: who hangs a visit on the first one's person knows of no deletion")
  func aParentInsertedSinceTheLastLook() throws {
    let fleet = try Fleet()
    let office = try fleet.add("office", "unit/u1", "unit/u2")
    let field = try fleet.add("field", "unit/u2")
    try office.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try fleet.sync(office)
    try office.sql("DELETE FROM person")
    try fleet.sync(office)
    try fleet.sync(field)
    try fleet.grant(field, ["unit/u1", "unit/u2"])
    for sql in ["INSERT INTO person (id, unit) VALUES ('p', 'u1')", "INSERT INTO visit VALUES ('v', 'p', 'tea')"] {
      try Database(path: field.replica.path, mode: .readWrite).script(sql)
    }
    try fleet.sync(field)
    try fleet.sync(office)
    #expect(try office.values("SELECT person FROM visit") == [["p"]])
    #expect(try office.conflicts().map(\.column) == ["(existence)"])
  }

  @Test("A person leaves while more work on it waits: who goes on writing has seen their own confirmed work")
  func ownWorkOnARowThatLeft() throws {
    let fleet = try Fleet()
    let office = try fleet.add("office", "unit/u1", "unit/u2")
    let field = try fleet.add("field", "unit/u1")
    try field.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '111')")
    let request = try field.replica.nextRequest()
    try field.sql("UPDATE person SET top = 6")
    try fleet.grant(field, ["unit/u2"])
    let response = try #require(try fleet.answer(field, request))
    #expect(response.page?.closing?.exits.count == 1)
    _ = try field.replica.receive(response, to: request)
    #expect(try field.values("SELECT phone, top FROM person") == [["111", 6]])
    try field.sql("UPDATE person SET phone = '222'")
    try fleet.settle()
    #expect(try office.values("SELECT phone, top FROM person") == [["222", 6]])
    #expect(try office.conflicts().isEmpty)
    #expect(try field.rules().isEmpty)
  }

  @Test(
    "A row that one knew to be deleted lived on out of sight: a form that showed one's own new one has not seen that")
  func deletedAndRevivedOutOfSight() throws {
    let fleet = try Fleet()
    let office = try fleet.add("office", "unit/u1", "unit/u2")
    let field = try fleet.add("field", "unit/u1")
    try field.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try fleet.settle()
    try field.sql("DELETE FROM person")
    try fleet.settle()
    try office.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u2', '111')")
    for device in [office, field] { try fleet.sync(device) }
    try office.sql("UPDATE person SET unit = 'u1'")
    try fleet.sync(office)
    // What the field inserts and opens in a form is all that it knows of the person.
    try field.sql("INSERT INTO person (id, unit, area) VALUES ('p', 'u1', 'North')")
    let moment = try field.replica.moment()
    try fleet.sync(field)
    try field.replica.write(seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET phone = '222'")
    }
    try fleet.settle()
    for device in [office, field] {
      let phone = try #require(try device.conflicts().first { $0.column == "phone" })
      #expect(Set(phone.siblings.map(\.values)) == [["111"], ["222"]])
    }
  }
}
