import Relay
import TestSupport
import Testing

/// Writers who want to be sure of what they had seen: strict transactions, and forms that stay open while a sync runs.
@Suite struct StrictAndFormStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let office: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    office = try fleet.add("office", "*")
    try a.sql("INSERT INTO person (id, unit, phone, area, guests, tags) VALUES ('p', 'u1', '0', 'North', 1, '[\"x\"]')")
    try fleet.settle()
  }

  private func strictly(_ device: Fleet.Device, _ sql: String) throws {
    try device.replica.write(author: device.name, mode: .strict) { (db) throws(RelayError) in try db.script(sql) }
  }

  @Test func aStrictTransactionThatFindsSomebodyElsesWriteIsRefusedWholeAndTheNextOneIsNot() throws {
    try a.sql("UPDATE person SET phone = '1'")
    try strictly(b, "UPDATE person SET phone = '2', area = 'South'; INSERT INTO visit VALUES ('v', 'p', 'strict')")
    try b.sql("INSERT INTO person (id, unit) VALUES ('q', 'u1')")
    try fleet.settle()
    #expect(try b.rules() == ["strict_concurrent"])
    for device in [a, b, office] {
      #expect(
        try device.values("SELECT id, phone, area FROM person ORDER BY id") == [
          ["p", "1", "North"], ["q", .null, .null],
        ])
      #expect(try device.values("SELECT id FROM visit").isEmpty)
      #expect(try device.conflicts().isEmpty)
    }
  }

  @Test func aStrictTransactionThatSawEverythingIsAccepted() throws {
    try a.sql("UPDATE person SET phone = '1'")
    try strictly(b, "UPDATE person SET area = 'South'")
    try fleet.settle()
    #expect(try b.rules().isEmpty)
    #expect(try office.values("SELECT phone, area FROM person") == [["1", "South"]])
    try strictly(b, "UPDATE person SET phone = '3'")
    try strictly(b, "UPDATE person SET phone = '4', guests = guests + 1")
    try fleet.settle()
    #expect(try b.rules().isEmpty)
    #expect(try office.values("SELECT phone, guests FROM person") == [["4", 2]])
  }

  @Test func anIncrementIsConcurrentWithAnotherToWhoeverIsStrict() throws {
    try a.sql("UPDATE person SET guests = guests + 5")
    try strictly(b, "UPDATE person SET guests = guests + 1")
    try fleet.settle()
    #expect(try b.rules() == ["strict_concurrent"])
    #expect(try office.values("SELECT guests FROM person") == [[6]])
  }

  @Test func aFormThatWasOpenDuringASyncDoesNotOverwriteWhatCameInAsIfItHadBeenSeen() throws {
    let moment = try a.replica.moment()
    try b.sql("UPDATE person SET phone = '2'")
    try fleet.sync(b)
    try fleet.sync(a)
    #expect(try a.values("SELECT phone FROM person") == [["2"]])
    try a.replica.write(author: "a", seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET phone = '1'")
    }
    try fleet.settle()
    for device in [a, b, office] {
      let open = try device.conflicts()
      try #require(open.count == 1)
      #expect(open[0].others?.contains("'1' (a, a,") == true)
      #expect(open[0].others?.contains("'2' (b, b,") == true)
    }
  }

  @Test func withoutTheMomentTheSameSaveCountsAsKnowing() throws {
    try b.sql("UPDATE person SET phone = '2'")
    try fleet.sync(b)
    try fleet.sync(a)
    try a.sql("UPDATE person SET phone = '1'")
    try fleet.settle()
    for device in [a, b, office] {
      #expect(try device.conflicts().isEmpty)
      #expect(try device.values("SELECT phone FROM person") == [["1"]])
    }
  }

  @Test func aFormThatSavesAllItsFieldsEditsOnlyThoseThatThePersonChanged() throws {
    let moment = try a.replica.moment(of: [(table: "person", key: ["p"])])
    try b.sql("UPDATE person SET area = 'East', phone = '2', tags = '[\"x\",\"y\"]', guests = guests + 5")
    try fleet.sync(b)
    try fleet.sync(a)
    // The person had seen North, 0 and x; they changed the phone and added z.
    try a.replica.write(author: "a", seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET area = 'North', phone = '1', tags = '[\"x\",\"z\"]'")
    }
    #expect(try a.values("SELECT area, phone, tags, guests FROM person") == [["East", "1", "[\"x\",\"y\",\"z\"]", 6]])
    try fleet.settle()
    for device in [a, b, office] {
      #expect(try device.values("SELECT area, tags, guests FROM person") == [["East", "[\"x\",\"y\",\"z\"]", 6]])
      #expect(try device.conflicts().map(\.column) == ["phone"])
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }

  @Test func aFormThatKnewOfADeletionDoesNotUndoItThroughARowThatCameBackAfterItWasOpened() throws {
    try a.sql("DELETE FROM person WHERE id = 'p'")
    try fleet.settle()
    let moment = try a.replica.moment()
    // Nobody may have it there: the hub refuses it.
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', 'u2')")
    try a.replica.write(author: "a", seenAt: moment) { (db) throws(RelayError) in
      try db.script("INSERT INTO visit VALUES ('v', 'p', 'from the form')")
    }
    try fleet.settle()
    #expect(try a.rules().first == "not_writable")
    for device in [a, b, office] {
      #expect(try device.values("SELECT id FROM person").isEmpty, "\(device.name)")
      #expect(try device.conflicts().isEmpty, "\(device.name)")
    }
  }

  @Test func whatTheFormsOwnDeviceHadPendingIsSeenAlsoOnceItIsConfirmed() throws {
    try a.sql("UPDATE person SET phone = '1'")
    let moment = try a.replica.moment()
    try fleet.settle()
    try a.replica.write(author: "a", seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET phone = '3'")
    }
    try fleet.settle()
    for device in [a, b, office] {
      #expect(try device.values("SELECT phone FROM person") == [["3"]])
      #expect(try device.conflicts().isEmpty)
    }
  }

  @Test func ofARowThatCameIntoSightWhileTheFormWasOpenTheFormHasSeenNothing() throws {
    let c = try fleet.add("c", "unit/u2")
    try c.sql("INSERT INTO person (id, unit, phone) VALUES ('q', 'u2', '7'); INSERT INTO visit VALUES ('v', 'q', 'x')")
    try fleet.settle()
    let moment = try a.replica.moment()
    #expect(try a.values("SELECT id FROM person") == [["p"]])
    try office.sql("UPDATE person SET unit = 'u1' WHERE id = 'q'")
    try fleet.settle()
    #expect(try a.values("SELECT phone FROM person WHERE id = 'q'") == [["7"]])
    // The hub has written about q what is older than the moment; the form cannot have shown it.
    try a.replica.write(author: "a", seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET phone = '8' WHERE id = 'q'; UPDATE person SET phone = '1' WHERE id = 'p'")
    }
    try fleet.settle()
    for device in [a, b, office] {
      let open = try device.conflicts()
      try #require(open.map(\.key) == ["q"])
      #expect(open[0].others?.contains("'7' (c, c,") == true || open[0].shown == "'7'")
    }
    // A form that opens now has it in front of it.
    let later = try a.replica.moment()
    try a.replica.write(author: "a", seenAt: later) { (db) throws(RelayError) in
      try db.script("UPDATE person SET phone = '9' WHERE id = 'q'")
    }
    try fleet.settle()
    for device in [a, b, office] {
      #expect(try device.conflicts().isEmpty)
      #expect(try device.values("SELECT phone FROM person WHERE id = 'q'") == [["9"]])
    }
  }

  @Test func aFormAboutAnOwnRowThatWasRefusedDoesNotShowItsEditOnTheRowThatStandsThereNow() throws {
    let c = try fleet.add("c", "unit/u1", "unit/u2")
    try c.sql("INSERT INTO person (id, unit, phone) VALUES ('k', 'u2', '7')")
    try fleet.sync(c)
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('k', 'u1', '1')")
    let moment = try a.replica.moment()
    try fleet.sync(a)
    try c.sql("UPDATE person SET unit = 'u1' WHERE id = 'k'")
    try fleet.settle()
    try a.replica.write(author: "a", seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET phone = '2' WHERE id = 'k'")
    }
    // The form was about another k; the hub will say so, and nothing of it is shown until then.
    #expect(try a.values("SELECT phone FROM person WHERE id = 'k'") == [["7"]])
    try fleet.settle()
    #expect(try a.rules() == ["key_unavailable", "depends_on_refused"])
    for device in [a, b, office] { #expect(try device.values("SELECT phone FROM person WHERE id = 'k'") == [["7"]]) }
  }

  @Test func aGrantBringsRowsToADeviceThatStandsWhereItStoodAndAnOpenFormHasNotSeenThem() throws {
    let c = try fleet.add("c", "unit/u2")
    try c.sql("INSERT INTO person (id, unit, phone) VALUES ('q', 'u2', '7')")
    try fleet.settle()
    let (moment, base) = (try a.replica.moment(), try a.replica.status().base)
    try fleet.grant(a, ["unit/u1", "unit/u2"])
    try fleet.settle()
    // Nobody wrote anything: the base is the same, and the row is new here.
    try #require(try a.replica.status().base == base)
    try a.replica.write(author: "a", seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET phone = '8' WHERE id = 'q'")
    }
    try fleet.settle()
    for device in [a, c, office] { #expect(try device.conflicts().map(\.key) == ["q"]) }
  }

  @Test func aRowThatLeftAndCameBackWhileTheFormWasOpenWasNotSeenByItEither() throws {
    let moment = try a.replica.moment()
    for unit in ["u2", "u1"] {
      try office.sql("UPDATE person SET unit = '\(unit)', phone = '5'")
      try fleet.settle()
    }
    try a.replica.write(author: "a", seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET area = 'South'; INSERT INTO visit VALUES ('v', 'p', 'x')")
    }
    try office.sql("DELETE FROM person")
    try fleet.settle()
    // Rather one question too many: the area and the visit speak for the row, and the delete has not seen them.
    for device in [a, b, office] { #expect(try device.conflicts().map(\.column) == ["(existence)"]) }
  }

  @Test func aMomentOfAnotherFileIsRefusedAndNothingIsWritten() throws {
    let moment = try b.replica.moment()
    let error = #expect(throws: RelayError.self) {
      try a.replica.write(seenAt: moment) { (db) throws(RelayError) in try db.script("UPDATE person SET phone = '9'") }
    }
    #expect(error?.code == .momentVoid)
    #expect(try a.values("SELECT phone FROM person") == [["0"]])
    #expect(try a.replica.status().pending == 0)
  }
}
