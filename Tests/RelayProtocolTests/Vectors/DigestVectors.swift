import RelayProtocol

/// A few rows, their hashes and the sums of several of them.
enum DigestVectors {
  static let rows: [(row: RowID, columns: [(id: UInt32, value: Value)])] = [
    (Samples.row, []),
    (Samples.row, [(2, "north"), (3, 7), (5, .null), (9, .real(-0.0))]),
    (Samples.composite, [(2, .malformedText([0xFF])), (4, .blob([]))]),
    (RowID(table: .max, values: [.integer(.min)]), [(.max, .integer(.max))]),
    // Five rows whose sum passes 2^256.
    (RowID(table: 3, values: ["m-2"]), [(2, "a")]), (RowID(table: 3, values: ["m-3"]), [(2, "b")]),
    (RowID(table: 3, values: ["m-4"]), [(2, "c")]),
  ]

  static let selections = [[], [1], [1, 2], [0, 1, 2, 3, 4, 5, 6], [1, 1]]

  static func digest(_ selection: [Int]) -> ScopeDigest {
    var digest = ScopeDigest()
    for at in selection { digest.add(ScopeDigest.rowHash(rows[at].row, columns: rows[at].columns)) }
    return digest
  }

  static func form(_ row: RowID, _ columns: [(id: UInt32, value: Value)]) -> [UInt8] {
    cbor { out in
      out.array(2 + 2 * columns.count)
      out.unsigned(UInt64(row.table))
      out.raw(row.key)
      for column in columns {
        out.unsigned(UInt64(column.id))
        out.value(column.value)
      }
    }
  }

  static func fields() throws(RelayError) -> [(String, JSON)] {
    var list: [JSON] = []
    for (row, columns) in rows {
      let rest: [(String, JSON)] = [
        ("columns", .array(columns.map { .object([("id", JSON($0.id)), ("value", JSON($0.value))]) })),
        ("form", .hex(form(row, columns))), ("hash", .hex(ScopeDigest.rowHash(row, columns: columns))),
      ]
      list.append(.object(try JSON.fields(row) + rest))
    }
    let sums = selections.map { selection in
      let digest = digest(selection)
      return JSON.object([
        ("rows", .array(selection.map { .number(Int64($0)) })), ("sum", .hex(digest.bytes)),
        ("count", .number(unsigned: digest.count)),
      ])
    }
    return [("rows", .array(list)), ("sums", .array(sums))]
  }
}
