import Relay
import RelayProtocol
import Testing

@testable import Organisation

/// What stands in the tables has a Chinese name: columns, their codes, and what the hub says of them.
@Suite struct NameTests {
  private func isChinese(_ text: String) -> Bool { text.unicodeScalars.contains { $0.value >= 0x2E80 } }

  @Test("every table, column, column group and code of the schema is called by a Chinese word")
  func schema() throws {
    try Language.$spoken.withValue(.zh) {
      var nameless: [String] = []
      for table in try Organisation.syncSchema.get().tables {
        if !isChinese(Names.table(table.name)) { nameless.append(table.name) }
        for group in table.groups where !isChinese(Names.column(group.name, of: table.name)) {
          nameless.append("\(table.name).\(group.name)")
        }
        for column in table.columns {
          if !isChinese(Names.column(column.name, of: table.name)) { nameless.append("\(table.name).\(column.name)") }
          for code in (column.allowed ?? []).compactMap(\.text)
          where !isChinese(Names.value(.text(code), column.name, of: table.name)) {
            nameless.append("\(table.name).\(column.name) = \(code)")
          }
        }
      }
      #expect(nameless == [])
    }
  }

  @Test("so is every rule that a refusal names and everything that is done to a row; in English the codes stay")
  func rules() {
    Language.$spoken.withValue(.zh) {
      #expect((RefusalRule.allCases.map(\.rawValue) + ["inserted_twice"]).filter { !isChinese(Names.rule($0)) } == [])
      let operations = ["insert", "set", "increment", "add", "remove", "delete", "touch", "before", "unknown"]
      #expect(operations.filter { !isChinese(Names.operation($0)) } == [])
      #expect(Names.column("grade", of: "appraisal_entry") != Names.column("grade", of: "member"))
      #expect(Names.list(["m", "f"], "sex", of: "member") == "m（男）、f（女）")
    }
    #expect(Names.table("member") == "member" && Names.rule("inserted_twice") == "inserted_twice")
  }

  @Test("instants inside of a sentence are told in the organisation's time of day")
  func instants() throws {
    let zone = try #require(TimeZoneOffset("+08:00"))
    #expect(zone.inside("'1' (a, b, 2017-10-07T16:40:00Z)") == "'1' (a, b, \(zone.text("2017-10-07T16:40:00Z")))")
    #expect(zone.inside("'1' (a, b, 2017-10-07T16:40:00Z)").contains("2017-10-08"))
  }
}
