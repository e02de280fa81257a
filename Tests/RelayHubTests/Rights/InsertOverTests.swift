import Relay
import RelayHub
import RelayProtocol
import TestSupport
import Testing

/// Inserts of rows that are there already, by devices that keep no rule of their own: no way round what only an
/// insert may give, and only once.
@Suite struct InsertOverTests {
  private let office: Office
  private let row = Office.row("d")

  init() throws {
    office = try Office(
      [("office", ["all"]), ("branch", ["all"])],
      json: """
        {"name":"t","version":1,"roles":["office","field"],"tables":[
         {"id":1,"name":"deal","key":["id"],"columns":[
           {"id":1,"name":"id","type":"text"},
           {"id":2,"name":"amount","type":"integer","writers":["office"],"first":["field"]},
           {"id":3,"name":"signed","type":"text","policy":"immutable"},
           {"id":4,"name":"stamp","type":"text","policy":"authority","writers":["office"]},
           {"id":5,"name":"note","type":"text"}],
          "scopes":["all"],"homes":["all"],
          "access":{"office":{"read":true,"write":true},"field":{"read":true,"write":true}}}]}
        """, roles: ["branch": "field"])
    try office.push("branch", insert(amount: 10, signed: "then", note: "first"))
  }

  private func insert(
    amount: Value, signed: Value, stamp: Value? = nil, note: Value, base: UInt64 = 0, replica: UInt64 = 7
  ) -> [UInt8] {
    var groups = [GroupValues(group: 2, values: [amount]), GroupValues(group: 3, values: [signed])]
    if let stamp { groups.append(GroupValues(group: 4, values: [stamp])) }
    groups.append(GroupValues(group: 5, values: [note]))
    return office.sealed(replica, row, .insert(groups), base: base)
  }

  /// Amount, signed, stamp and note as the hub shows them.
  private func shown() throws -> [Value]? { try office.pull("office").rows.decoded().last?.rows.last?.values }

  @Test("Who saw the row alive inserts nothing new: what an update may not do is refused")
  func overAlive() throws {
    let head = try office.reader.head()
    let rules = try [
      insert(amount: 99, signed: "then", note: "x", base: head),
      insert(amount: 10, signed: "now", note: "x", base: head),
      insert(amount: 10, signed: .null, note: "x", base: head),
      insert(amount: 10, signed: "then", note: "second", base: head),
    ].map { try office.push("branch", $0)[0].refusal?.rule }
    #expect(rules == [.columnNotWritable, .immutable, .immutable, nil])
    #expect(try shown() == [10, "then", .null, "second"])
    // The office may change the amount, by an insert too.
    try office.push("office", insert(amount: 11, signed: "then", note: "third", base: head + 4, replica: 8))
    #expect(try shown() == [11, "then", .null, "third"])
  }

  @Test("An insert that claims to have seen half of a counter of others takes nothing of it")
  func counter() throws {
    let office = try Office(
      [("office", ["all"]), ("branch", ["all"])],
      json: """
        {"name":"t","version":1,"roles":["office","field"],"tables":[
         {"id":1,"name":"deal","key":["id"],"columns":[
           {"id":1,"name":"id","type":"text"},
           {"id":2,"name":"n","type":"integer","policy":"counter","default":0,"required":true,"writers":["office"]}],
          "scopes":["all"],"homes":["all"],
          "access":{"office":{"read":true,"write":true},"field":{"read":true,"write":true}}}]}
        """, roles: ["branch": "field"])
    try office.push("office", office.sealed(8, row, .insert([GroupValues(group: 2, values: [0])])))
    for delta in [5, 1] { try office.push("office", office.sealed(8, row, .increment(2, Int64(delta)), base: 1)) }
    let over = office.sealed(7, row, .insert([GroupValues(group: 2, values: [0])]), base: 2)
    #expect(try office.push("branch", over)[0].refusal?.rule == .columnNotWritable)
    #expect(try office.pull("office").rows.decoded().last?.rows.last?.values == [6])
  }

  @Test("Who deleted the row begins a new one")
  func afterDeletion() throws {
    try office.push("branch", office.sealed(7, row, .delete, base: 1))
    let verdicts = try office.push("branch", insert(amount: 99, signed: "now", note: "new", base: 2))
    #expect(verdicts[0].isAccepted)
    #expect(try shown() == [99, "now", .null, "new"])
  }

  @Test("Two insert one key: what only the office writes, no default of the other replaces, in either order")
  func defaults() throws {
    for (at, first) in ["office", "branch"].enumerated() {
      let key = Office.row("k\(at)")
      func one(_ replica: UInt64, _ stamp: Value, at time: Int64) -> [UInt8] {
        office.sealed(
          replica, key,
          .insert([GroupValues(group: 2, values: [1]), GroupValues(group: 4, values: [stamp])]), at: time)
      }
      // The branch's is later by the clock.
      if first == "office" { try office.push("office", one(8, "seen", at: 5)) }
      try office.push("branch", one(7, .null, at: 6))
      if first == "branch" { try office.push("office", one(8, "seen", at: 5)) }
      #expect(try shown() == [1, .null, "seen", .null])
      // A value of its own is refused as ever.
      #expect(try office.push("branch", one(7, "mine", at: 7))[0].refusal?.rule == .columnNotWritable)
    }
  }
}
