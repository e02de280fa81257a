import Relay
import RelayHub
import TestSupport
import Testing

/// A row that one deletes while another, who does not know it, goes on working with it.
@Suite struct DeleteStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let office: Fleet.Device

  init() throws {
    fleet = try Fleet(schema: Ledger.schema, ddl: Ledger.ddl)
    a = try fleet.add("a", "unit/u1")
    b = try fleet.add("b", "unit/u1")
    office = try fleet.add("office", "*")
    try a.sql("INSERT INTO draft (id, unit, text, marks, reads) VALUES ('d', 'u1', 'first', '[\"x\"]', 3)")
    try a.sql("INSERT INTO account (id, unit, name) VALUES ('k', 'u1', 'Ann')")
    try fleet.settle()
  }

  private var everybody: [Fleet.Device] { [a, b, office] }

  private func sync(aFirst: Bool) throws {
    try fleet.sync(aFirst ? a : b)
    try fleet.sync(aFirst ? b : a)
    try fleet.settle()
  }

  @Test(arguments: [true, false])
  func whereDeletesWinTheRowGoesAndTheEditIsAskedAboutOnEveryDevice(aFirst: Bool) throws {
    try a.sql("DELETE FROM draft")
    try b.sql("UPDATE draft SET text = 'second', reads = reads + 1")
    try sync(aFirst: aFirst)
    for device in everybody {
      #expect(try device.values("SELECT * FROM draft").isEmpty)
      let open = try device.conflicts()
      try #require(open.map(\.column) == ["(existence)"])
      #expect(open[0].policy == "delete_wins")
      #expect(open[0].shown == "deleted")
      #expect(open[0].others?.contains("there (b, b,") == true)
      #expect(try device.replica.status().mismatch.isEmpty)
    }
    // Whoever arrives later is asked too, and sees nothing of the row before somebody wants it back.
    let late = try fleet.add("late", "unit/u1")
    try fleet.sync(late)
    #expect(try late.conflicts().count == 1)
    #expect(try late.values("SELECT * FROM draft").isEmpty)

    try office.replica.resolve(try #require(try office.conflicts().first).id, .sibling(1))
    try fleet.settle()
    for device in everybody + [late] {
      #expect(try device.values("SELECT text, marks, reads FROM draft") == [["second", "[\"x\"]", 4]])
      #expect(try device.conflicts().isEmpty)
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }

  @Test(arguments: [true, false])
  func whoSaysThatItStaysDeletedClosesTheQuestionEverywhere(aFirst: Bool) throws {
    try a.sql("DELETE FROM draft")
    try b.sql("UPDATE draft SET text = 'second'")
    try sync(aFirst: aFirst)
    try b.replica.resolve(try #require(try b.conflicts().first).id, .sibling(0))
    #expect(try b.replica.status().pending == 1)
    try fleet.settle()
    for device in everybody {
      #expect(try device.values("SELECT * FROM draft").isEmpty)
      #expect(try device.conflicts().isEmpty)
    }
    let head = try fleet.reader.head()
    try fleet.settle()
    #expect(try fleet.reader.head() == head)
  }

  @Test(arguments: [true, false])
  func whereUpdatesWinTheRowStaysWithTheEditAndTheDeletionIsAskedAbout(aFirst: Bool) throws {
    try a.sql("DELETE FROM account")
    try b.sql("UPDATE account SET name = 'Anna'")
    try sync(aFirst: aFirst)
    for device in everybody {
      #expect(try device.values("SELECT id, name FROM account") == [["k", "Anna"]])
      #expect(try device.conflicts().map(\.shown) == ["there"])
    }
    try b.replica.resolve(try #require(try b.conflicts().first).id, .sibling(1))
    try fleet.settle()
    for device in everybody {
      #expect(try device.values("SELECT id FROM account").isEmpty)
      #expect(try device.conflicts().isEmpty)
    }
  }

  @Test func aDeletedRowComesBackWholeWhoeverAsksForIt() throws {
    try a.sql("DELETE FROM draft; DELETE FROM account")
    try fleet.settle()
    #expect(try b.replica.deleted("draft") == [["d"]])
    try b.replica.undelete("draft", key: ["d"], author: "Bo")
    try office.replica.undelete("account", key: ["k"])
    try fleet.settle()
    for device in everybody {
      #expect(try device.values("SELECT text, marks, reads FROM draft") == [["first", "[\"x\"]", 3]])
      #expect(try device.values("SELECT name FROM account") == [["Ann"]])
      #expect(try device.replica.deleted("draft").isEmpty)
      #expect(try device.conflicts().isEmpty)
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }

  @Test func anOwnDeletionThatIsStillHereIsTakenBackAtOnce() throws {
    try a.sql("DELETE FROM draft")
    #expect(try a.replica.deleted("draft") == [["d"]])
    try a.replica.undelete("draft", key: ["d"])
    #expect(try a.values("SELECT text, reads FROM draft") == [["first", 3]])
    try fleet.settle()
    for device in everybody { #expect(try device.values("SELECT text FROM draft") == [["first"]]) }
  }

  @Test func whatNobodyDeletedCannotBeBroughtBack() throws {
    for (table, key) in [("draft", "d"), ("draft", "never"), ("account", "k")] {
      let error = #expect(throws: RelayError.self) { try a.replica.undelete(table, key: [.text(key)]) }
      #expect(error?.code == .rowUnknown)
    }
    #expect(throws: RelayError.self) { try a.replica.undelete("nothing", key: ["d"]) }
    #expect(try a.replica.status().pending == 0)
  }

  @Test(arguments: [true, false])
  func undoneByOneAndDeletedAgainByAnotherIsAQuestion(aFirst: Bool) throws {
    // b had not pulled the first deletion and deletes too; a undoes only what it knows of.
    try a.sql("DELETE FROM draft")
    try fleet.sync(a)
    try a.replica.undelete("draft", key: ["d"])
    try b.sql("DELETE FROM draft")
    try sync(aFirst: aFirst)
    for device in everybody {
      #expect(try device.values("SELECT * FROM draft").isEmpty)
      #expect(try device.conflicts().map(\.shown) == ["deleted"])
    }
  }

  @Test func aReinsertAfterAKnownDeletionIsNoConflict() throws {
    try a.sql("DELETE FROM draft")
    try fleet.settle()
    try b.sql("INSERT INTO draft (id, unit, text) VALUES ('d', 'u1', 'new')")
    try fleet.settle()
    for device in everybody {
      #expect(try device.values("SELECT text, marks, reads FROM draft") == [["new", "[]", 0]])
      #expect(try device.conflicts().isEmpty)
    }
  }

  @Test(arguments: [true, false])
  func aChildAddedUnderARowThatWasDeletedMeanwhileBringsItBack(aFirst: Bool) throws {
    try a.sql("DELETE FROM account")
    try b.sql("INSERT INTO entry VALUES ('e', 'k', 60)")
    try sync(aFirst: aFirst)
    for device in everybody {
      #expect(try device.values("SELECT name FROM account") == [["Ann"]])
      #expect(try device.values("SELECT account, amount FROM entry") == [["k", 60]])
      let open = try device.conflicts()
      try #require(open.map(\.table) == ["account"])
      #expect(open[0].others?.contains("there (b, b,") == true)
      #expect(open[0].others?.contains("deleted (a, a,") == true)
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }

  @Test(arguments: [true, false])
  func whereDeletesWinTheChildIsKeptAndItsParentAskedAbout(aFirst: Bool) throws {
    try a.sql("DELETE FROM draft")
    try b.sql("INSERT INTO remark VALUES ('r', 'd', 'but why?')")
    try sync(aFirst: aFirst)
    for device in everybody {
      #expect(try device.values("SELECT * FROM draft").isEmpty)
      #expect(try device.values("SELECT draft, text FROM remark") == [["d", "but why?"]])
      #expect(try device.conflicts().map(\.table) == ["draft"])
      #expect(try device.replica.status().mismatch.isEmpty)
    }
    try b.replica.resolve(try #require(try b.conflicts().first).id, .sibling(1))
    try fleet.settle()
    for device in everybody {
      #expect(try device.values("SELECT text FROM draft") == [["first"]])
      #expect(try device.conflicts().isEmpty)
    }
  }

  @Test func aDeletionThatKnewTheChildrenIsNoQuestion() throws {
    try b.sql("INSERT INTO entry VALUES ('e', 'k', 60)")
    try fleet.settle()
    try a.sql("DELETE FROM entry; DELETE FROM account")
    try fleet.settle()
    for device in everybody {
      #expect(try device.values("SELECT id FROM account").isEmpty)
      #expect(try device.values("SELECT id FROM entry").isEmpty)
      #expect(try device.conflicts().isEmpty)
    }
  }

  @Test func whoKnowsThatTheParentIsGoneDoesNotBringItBackByHangingSomethingOnIt() throws {
    try a.sql("DELETE FROM account")
    try fleet.settle()
    try b.sql("INSERT INTO entry VALUES ('e', 'k', 60)")
    try fleet.settle()
    for device in everybody {
      #expect(try device.values("SELECT id FROM account").isEmpty)
      #expect(try device.values("SELECT amount FROM entry") == [[60]])
      #expect(try device.conflicts().isEmpty)
    }
  }

  @Test func whoHangsARowOnAParentThatIsOutOfSightHasSeenNothingOfItsDeletion() throws {
    let fleet = try Fleet()
    let north = try fleet.add("north", "unit/u1")
    let south = try fleet.add("south", "unit/u2")
    let office = try fleet.add("office", "*")
    try north.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try fleet.settle()
    try office.sql("UPDATE person SET unit = 'u2'")
    try fleet.settle()
    #expect(try north.values("SELECT * FROM person").isEmpty)
    // South deletes the person while the office moves them back to the north, which has not heard of that yet.
    try office.sql("UPDATE person SET unit = 'u1'")
    try south.sql("DELETE FROM person")
    try fleet.sync(south)
    try fleet.sync(north)
    try fleet.sync(office)
    try north.sql("INSERT INTO visit VALUES ('v', 'p', 'at home')")
    // The office says that the person is to go, before it hears of the visit.
    let asked = try #require(try office.conflicts().first)
    try office.replica.resolve(asked.id, .sibling(asked.shown == "deleted" ? 0 : 1))
    try fleet.sync(north)
    try fleet.settle()
    for device in [north, office] {
      #expect(
        try device.values("SELECT person.id, note FROM visit JOIN person ON person.id = person") == [["p", "at home"]])
      #expect(try device.conflicts().map(\.column) == ["(existence)"])
    }
  }
}
