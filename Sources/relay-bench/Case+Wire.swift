internal import Relay
internal import RelayGzip
internal import RelayProtocol

extension Case {
  /// What travels.
  static func onTheWire(_ measure: Measure) -> [Case] {
    let edits = "1,000 one-column edits: bytes up, gzip"
    let quiet = "nothing new: bytes up and down"
    let rows = min(measure.rows, 10_000)
    let first = "first pull of \(rows) rows: bytes beside the values alone, gzip"
    return [
      Case(name: edits) {
        let fleet = try Fleet(measure.file())
        try fleet.fill(1000)
        for at in 0..<1000 {
          try fleet.first.write { (db) throws(RelayError) in try Sample.update(at, db, of: 1000) }
        }
        return [
          Figure(edits, .bytes, Double(gzip(try fleet.first.nextRequest().encoded()).count), .atMost(20_000))
        ]
      },
      Case(name: quiet) {
        let fleet = try Fleet(measure.file())
        try fleet.fill(10)
        let request = try fleet.first.nextRequest()
        let down = try fleet.answer("first", request).encoded().count
        return [
          Figure("nothing new: bytes up", .bytes, Double(request.encoded().count), .atMost(300)),
          Figure("nothing new: bytes down", .bytes, Double(down), .atMost(300)),
        ]
      },
      Case(name: first) {
        let fleet = try Fleet(measure.file())
        try fleet.fill(rows)
        let second = try fleet.add("second")
        let request = try second.nextRequest(pageBytes: 1 << 30)
        let down = gzip(try fleet.answer("second", request).encoded()).count
        var values = CBORWriter(reserving: rows * 64)
        try fleet.first.read { (db) throws(RelayError) in
          _ = try db.query("SELECT id, unit, name, note, n FROM item ORDER BY id") { row in
            for value in row.values { values.value(value) }
          }
        }
        return [Figure(first, .bytes, plain: Double(gzip(values.bytes).count), Double(down))]
      },
    ]
  }
}
