import Organisation
import Relay
internal import RelayMerge
import Testing

@Suite("The sync schema and the tables")
struct SchemaTests {
  @Test("a fresh file attaches, and every column is declared exactly once, as the tables have it")
  func declared() throws {
    let office = try OfficeDevice()
    let schema = office.replica.schema
    let tables = try office.column(
      """
      SELECT name FROM sqlite_master WHERE type = 'table'
        AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'relay\\_%' ESCAPE '\\'
        AND name NOT LIKE 'office\\_%' ESCAPE '\\' ORDER BY name
      """)
    #expect(tables.count == 22)
    #expect(tables == schema.tables.map(\.name).sorted().map { Value.text($0) })
    #expect(schema.tables.map(\.id) == Array(1...22))
    for table in schema.tables {
      let columns = try office.replica.read { (db) throws(RelayError) in
        try db.query("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?)", [.text(table.name)]) {
          (row) throws(RelayError) in row.values
        }
      }
      let shown = table.columns.map(\.name) + (table.seqColumn.map { [$0] } ?? [])
      #expect(columns.map { $0[0] } == shown.map { .text($0) }, "\(table.name)")
      for (found, declared) in zip(columns, table.columns) {
        let isKey = found[4] != .integer(0)
        #expect(found[1].text?.lowercased() == declared.type.rawValue, "\(table.name).\(declared.name)")
        #expect(isKey || (found[2] == .integer(1)) == declared.isRequired, "\(table.name).\(declared.name)")
        let value = try office.column("SELECT \(found[3].text ?? "NULL")").first
        #expect(value == declared.defaultValue, "\(table.name).\(declared.name)")
      }
    }
    #expect(schema.tables.reduce(0) { $0 + $1.columns.count } == 209)
  }

  @Test("what a role does not see can be absent: every hidden column has a default or takes NULL")
  func hiddenColumns() throws {
    for table in try SyncSchema(json: Organisation.schema).tables {
      for role in ["branch", "assistant", "regional"] {
        for column in table.columns where table.access(role).hidden.contains(column.id) {
          #expect(!column.isRequired || !column.defaultValue.isNull, "\(role): \(table.name).\(column.name)")
        }
      }
    }
  }

  @Test("roles get what the policy says: income and ballots at the committee, the assistant only reports calls")
  func roles() throws {
    let schema = try SyncSchema(json: Organisation.schema)
    func access(_ table: String, _ role: String) throws -> TableAccess {
      try #require(schema.table(named: table)).access(role)
    }
    func hides(_ table: String, _ column: String, _ role: String) throws -> Bool {
      let id = try #require(schema.table(named: table)?.column(named: column)).id
      return try access(table, role).hidden.contains(id)
    }
    #expect(schema.tables.allSatisfy { $0.access("committee").reads && $0.access("committee").writes })
    #expect(schema.tables.allSatisfy { $0.access("committee").hidden.isEmpty })
    #expect(schema.tables.filter { $0.access("assistant").writes }.map(\.name) == ["contact_attempt", "device_state"])
    #expect(try hides("dues_plan", "base_fen", "branch"))
    #expect(try !access("appraisal_entry", "regional").reads)
    #expect(try hides("member", "note", "branch"))
    #expect(try hides("member", "birth_ym", "regional"))
    #expect(try !access("dues_entry", "regional").reads)
    #expect(try access("points_entry", "regional").writes)
    #expect(schema.tables.filter(\.isAppendOnly).count == 6)
    #expect(
      schema.tables.filter { $0.deletes != .never }.map(\.name) == [
        "contact_point", "request_line", "activity", "feedback",
      ])
  }
}
