internal import Foundation
internal import Relay
internal import RelaySQLite

extension Case {
  /// What it costs to take in what the hub sends.
  static func installing(_ measure: Measure) -> [Case] {
    let rows = measure.rows
    let first = "install \(rows) rows on an empty replica: CPU"
    let again = "re-install of \(rows / 100) of \(rows) rows as changes: CPU"
    let one = "one changed row in \(rows): pull and install, hub included: CPU"
    let file = "file with \(rows) confirmed rows: bytes"
    return [
      Case(name: first) {
        try measure.compare(
          first, 1.8,
          {
            let db = try Sample.plain(measure.file())
            return try measure.cpu {
              try db.transaction { () throws(RelayError) in try Sample.insert(0..<rows, db) }
            }
          },
          {
            let fleet = try Fleet(measure.file())
            try fleet.fill(rows)
            return try fleet.install(on: try fleet.add("second"), measure)
          })
      },
      Case(name: again) {
        let changed = rows / 100
        return try measure.compare(
          again, 2.5,
          {
            let db = try Sample.plain(measure.file())
            try db.transaction { () throws(RelayError) in try Sample.insert(0..<rows, db) }
            return try measure.cpu {
              try db.transaction { () throws(RelayError) in
                for at in 0..<changed { try Sample.update(at * 100, db, of: rows) }
              }
            }
          },
          {
            let fleet = try Fleet(measure.file())
            try fleet.fill(rows)
            let second = try fleet.add("second")
            try fleet.sync(second)
            try fleet.first.write { (db) throws(RelayError) in
              for at in 0..<changed { try Sample.update(at * 100, db, of: rows) }
            }
            try fleet.sync(fleet.first)
            return try fleet.install(on: second, measure)
          })
      },
      Case(name: one) {
        let fleet = try Fleet(measure.file())
        try fleet.fill(rows)
        let second = try fleet.add("second")
        try fleet.sync(second)
        var at = 0
        let least = try measure.least {
          at += 1
          try fleet.first.write { (db) throws(RelayError) in try Sample.update(at, db, of: rows) }
          try fleet.sync(fleet.first)
          return try measure.cpu { try fleet.sync(second) }
        }
        return [Figure(one, .milliseconds, least * 1000, .atMost(5))]
      },
      Case(name: file) {
        let path = measure.file()
        let db = try Sample.plain(path)
        try db.transaction { () throws(RelayError) in try Sample.insert(0..<rows, db) }
        try db.script("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        let fleet = try Fleet(measure.file())
        try fleet.fill(rows)
        let second = try fleet.add("second")
        try fleet.sync(second)
        let copy = try Database(path: second.path, mode: .readWrite)
        try copy.script("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        return [Figure(file, .bytes, plain: size(path), size(second.path), .ratio(1.05))]
      },
    ]
  }

  private static func size(_ path: String) -> Double {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return Double(attributes?[.size] as? Int ?? 0)
  }
}
