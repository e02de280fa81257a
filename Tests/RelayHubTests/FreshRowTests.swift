import Relay
import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub
@testable import RelayMerge

/// A row that was not there is kept without its cells being built: the same as if they had been.
@Suite struct FreshRowTests {
  private static let json = """
    {"name":"t","version":1,"roles":["office","field"],"tables":[
     {"id":1,"name":"member","key":["id"],"columns":[
       {"id":1,"name":"id","type":"text"},{"id":2,"name":"unit","type":"text"},
       {"id":3,"name":"note","type":"text","policy":"ask","default":"none"},
       {"id":4,"name":"top","type":"integer","policy":"max"},
       {"id":5,"name":"born","type":"text","policy":"immutable"},
       {"id":6,"name":"street","type":"text"},{"id":7,"name":"town","type":"text"},
       {"id":8,"name":"points","type":"integer","policy":"counter","default":0},
       {"id":9,"name":"tags","policy":"set","default":"[]"},
       {"id":10,"name":"phone","type":"text","policy":"last_non_null"}],
      "groups":[{"name":"place","columns":["street","town"],"policy":"lww"}],
      "scopes":["unit/{unit}"],"homes":["unit/{unit}"],
      "access":{"office":{"read":true,"write":true},
        "field":{"read":true,"write":true,"columns":["unit","street","town","points","tags","top"]}}}]}
    """

  private let table: TableSchema
  private let origin = Stamp(dot: Dot(ReplicaID(bits: 7), 3), seq: 9, effective: HybridTime(milliseconds: 5))

  init() throws {
    table = try #require(try SyncSchema(json: Array(Self.json.utf8)).table(1))
  }

  private func merged(_ change: RowChange, _ role: String) -> RowState {
    var state = RowState()
    let access = table.access(role)
    state.apply(
      change,
      WriteContext(
        dot: origin.dot, seq: origin.seq, effective: origin.effective, seen: DotSet(), base: 0, author: access,
        now: access), table: table)
    return state
  }

  /// Every choice of one of two values, or none, for each group but counter and set.
  private var inserts: [[GroupValues]] {
    let choices: [(GroupID, [[Value]])] = [
      (2, [["u"]]), (3, [["none"], ["a note"]]), (4, [[.null], [12]]), (5, [[.null], ["1990"]]),
      (6, [[.null, .null], ["Main Street", "Springfield"]]), (10, [[.null], ["555"]]),
    ]
    var all: [[GroupValues]] = [[]]
    for (group, values) in choices {
      all = all.flatMap { given in
        [given] + values.map { given + [GroupValues(group: group, values: $0)] }
      }
    }
    return all
  }

  @Test("What it shows, its cells and its bytes in the store are those of a merge", arguments: ["office", "field"])
  func same(role: String) throws {
    let row = RowID(table: 1, values: [.text("m")])
    for groups in inserts {
      let state = merged(RowChange(row: row, base: 0, operations: [Operation(.insert(groups))]), role)
      let fresh = try #require(try table.fresh(row, groups, table.access(role)))
      let plain = PlainRow(table: table, fresh: fresh, origin: origin)
      let shown = try table.allValues(row, state)
      #expect(fresh.values == shown)
      #expect(plain.state == state)
      let (form, general) = (StoredForm(plain), StoredForm(state, table, shown: shown))
      #expect(form.values == general.values)
      #expect(form.stamps == general.stamps)
      #expect(form.flags == general.flags)
      let read = try StoredForm.decode(
        values: form.values, stamps: form.stamps, columns: table.otherIDs, row, table)
      #expect(read == state)
    }
  }

  @Test("Counters and sets are merged, whatever they are given")
  func merges() throws {
    let row = RowID(table: 1, values: [.text("m")])
    let access = table.access("office")
    #expect(try table.fresh(row, [GroupValues(group: 8, values: [0])], access) == nil)
    #expect(try table.fresh(row, [GroupValues(group: 9, values: [])], access) == nil)
  }
}
