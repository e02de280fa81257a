internal import Relay
internal import RelaySQLite

extension Case {
  /// What an app's writes cost, captured and sealed.
  static func writing(_ measure: Measure) -> [Case] {
    let (rows, writes) = (measure.rows, measure.writes)
    func plain(_ filled: Int, _ body: (Database) throws -> Void) throws -> Double {
      let db = try Sample.plain(measure.file())
      try db.transaction { () throws(RelayError) in try Sample.insert(0..<filled, db) }
      return try measure.cpu { try body(db) }
    }
    func relay(_ filled: Int, _ body: (Replica) throws -> Void) throws -> Double {
      let fleet = try Fleet(measure.file())
      try fleet.fill(filled)
      return try measure.cpu { try body(fleet.first) }
    }
    /// The same statements in one transaction.
    func inOne(
      _ name: String, _ goal: Double, filled: Int, _ body: @escaping (Database) throws(RelayError) -> Void
    ) -> Case {
      Case(name: name) {
        try measure.compare(
          name, goal, { try plain(filled) { db in try db.transaction { () throws(RelayError) in try body(db) } } },
          { try relay(filled) { replica in try replica.write { (db) throws(RelayError) in try body(db) } } })
      }
    }
    let single = "one-row transactions, \(writes): CPU"
    return [
      Case(name: single) {
        try measure.compare(
          single, 1.3,
          {
            try plain(100) { db in
              for at in 0..<writes {
                try db.transaction { () throws(RelayError) in try Sample.update(at, db, of: 100) }
              }
            }
          },
          {
            try relay(100) { replica in
              for at in 0..<writes {
                try replica.write { (db) throws(RelayError) in try Sample.update(at, db, of: 100) }
              }
            }
          })
      },
      inOne("one transaction of \(rows) inserts: CPU", 3, filled: 0) { (db) throws(RelayError) in
        try Sample.insert(0..<rows, db)
      },
      inOne("one transaction of \(rows) updates by key: CPU", 3, filled: rows) { (db) throws(RelayError) in
        for at in 0..<rows { try Sample.update(at, db, of: rows) }
      },
      inOne("one transaction of \(rows / 10) deletes of \(rows): CPU", 2, filled: rows) { (db) throws(RelayError) in
        for at in 0..<rows / 10 { try Sample.delete(at * 10, db) }
      },
    ]
  }
}
