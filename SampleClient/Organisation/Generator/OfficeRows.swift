internal import Relay

/// The committee's own record of headcounts: what the survey states about the past, which no synced row can show.
enum OfficeRows {
  static func write(to db: Database) throws(RelayError) {
    try db.script(Organisation.officeDDL)
    let counts: [(day: String, members: Value, files: Value, received: Value, left: Value)] = [
      ("2015-12-31", 2745, .null, .null, .null),
      ("2016-12-31", 3614, .null, .null, .null),
      ("2017-09-30", .null, 22_973, .null, .null),
      ("2017-10-31", 4215, .null, 704, 348),
    ]
    for count in counts {
      try db.execute(
        "INSERT INTO office_headcount (as_of, members, files_held, received, left) VALUES (?, ?, ?, ?, ?)",
        [.text(count.day), count.members, count.files, count.received, count.left])
    }
  }
}
