import Relay
import RelayHub
import TestSupport
import Testing

/// What each role may do with each table in each place, as one table: what the hub says to a device that heeds no rule,
/// what an honest device says at once, and what reaches it.
@Suite struct RightsTableTests {
  static let roles = ["keeper", "clerk", "reader", "feeder", "stranger"]

  /// Role, table, place, then a verdict an act in the order of `RightsWorld.acts`. Of a place that a device may neither
  /// read nor write it learns nothing: what lies there is to it as if it were not there. A row moves only between places
  /// that it may write, both of them.
  static let judged = """
    keeper doc both      ok ok ok ok ok ok ok ok ok N  N
    keeper doc read      N  N  K  N  N  N  N  N  N  N  N
    keeper doc write     ok ok ok ok ok ok ok ok ok N  N
    keeper doc none      N  N  K  U  U  U  U  U  U  U  U
    keeper leaf both     ok ok ok ok ok ok ok N  S
    keeper leaf read     N  K  N  N  N  N  N  N  N
    keeper leaf write    ok ok ok ok ok ok ok N  S
    keeper leaf none     S  K  U  U  U  U  U  U  U

    clerk doc both       ok C  ok ok ok C  ok ok ok N  N
    clerk doc read       N  C  K  N  N  N  N  N  N  N  N
    clerk doc write      ok C  ok ok ok C  ok ok ok N  N
    clerk doc none       N  C  K  U  U  U  U  U  U  U  U
    clerk leaf both      ok ok ok C  ok ok ok N  S
    clerk leaf read      N  K  N  N  N  N  N  N  N
    clerk leaf write     ok ok ok C  ok ok ok N  S
    clerk leaf none      S  K  U  U  U  U  U  U  U

    reader doc both      N  N  N  N  N  N  N  N  N  N  N
    reader doc read      N  N  N  N  N  N  N  N  N  N  N
    reader doc write     N  N  N  N  N  N  N  N  N  N  N
    reader doc none      N  N  N  N  N  N  N  N  N  N  N
    reader leaf both     N  N  N  N  N  N  N  N  N
    reader leaf read     N  N  N  N  N  N  N  N  N
    reader leaf write    N  N  N  N  N  N  N  N  N
    reader leaf none     N  N  N  N  N  N  N  N  N

    feeder doc both      ok ok ok ok ok ok ok ok ok N  N
    feeder doc read      N  N  K  U  U  U  U  U  U  U  U
    feeder doc write     ok ok ok ok ok ok ok ok ok N  N
    feeder doc none      N  N  K  U  U  U  U  U  U  U  U
    feeder leaf both     ok ok ok ok ok ok ok S  S
    feeder leaf read     S  K  U  U  U  U  U  U  U
    feeder leaf write    ok ok ok ok ok ok ok S  S
    feeder leaf none     S  K  U  U  U  U  U  U  U

    stranger doc both    N  N  N  N  N  N  N  N  N  N  N
    stranger doc read    N  N  N  N  N  N  N  N  N  N  N
    stranger doc write   N  N  N  N  N  N  N  N  N  N  N
    stranger doc none    N  N  N  N  N  N  N  N  N  N  N
    stranger leaf both   N  N  N  N  N  N  N  N  N
    stranger leaf read   N  N  N  N  N  N  N  N  N
    stranger leaf write  N  N  N  N  N  N  N  N  N
    stranger leaf none   N  N  N  N  N  N  N  N  N
    """
  /// The words of each line that is about a role.
  private static func lines(_ table: String, of role: String) -> [[String]] {
    table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }.filter { $0[0] == role }
  }

  static let short = [
    "ok": "ok", "not_writable": "N", "column_not_writable": "C", "key_unavailable": "K", "row_unknown": "U",
    "no_scope": "S",
  ]

  @Test("The hub judges every act of every role on every table in every place as the table says", arguments: roles)
  func hub(role: String) throws {
    let world = try RightsWorld()
    let device = try world.device(role)
    for words in Self.lines(Self.judged, of: role) {
      let said = try (RightsWorld.acts[words[1]] ?? []).map { act in
        let rule = try world.judge(device, words[1], words[2], act)
        return Self.short[rule] ?? rule
      }
      #expect(said == Array(words.dropFirst(3)), "\(words[..<3].joined(separator: " "))")
    }
  }

  @Test("A key that cannot be used says nothing of the row that has it")
  func key() throws {
    let world = try RightsWorld()
    let clerk = try world.device("clerk")
    try world.sync(clerk)
    let mine =
      "INSERT INTO doc (id, place) VALUES ('d-none-open', 'both'); INSERT INTO doc (id, place) VALUES ('x', 'none')"
    for sql in mine.split(separator: ";") { try clerk.sql(String(sql)) }
    for _ in 0..<2 { try world.sync(clerk) }
    let told = try clerk.replica.inbox().map { ($0.rule ?? "", $0.message ?? "") }.sorted { $0.0 < $1.0 }
    #expect(told.map(\.0) == ["key_unavailable", "not_writable"])
    #expect(told.map(\.1) == ["doc: this key cannot be used; choose another", Self.notHere])
  }
  static let notHere = "doc: the row lies in no scope that this device may write"

  /// Role, then places.tables.columns that it reads.
  static let read = [
    "keeper": ["doc.open", "doc.secret", "doc.locked", "leaf.open", "leaf.secret"],
    "clerk": ["doc.open", "doc.locked", "leaf.open"], "reader": ["doc.open", "doc.secret", "leaf.open", "leaf.secret"],
    "feeder": [], "stranger": [],
  ]

  @Test(
    "No byte that a device is sent or keeps is of a column or a place that its role does not read", arguments: roles)
  func bytes(role: String) throws {
    let world = try RightsWorld()
    let device = try world.device(role)
    let columns = Self.read[role] ?? []
    let readable = Set(["both", "read"].flatMap { place in columns.map { "\(place).\($0)" } })
    try world.sync(device)
    #expect(RightsWorld.canaries(in: world.received) == readable)
    #expect(RightsWorld.canaries(in: world.files(of: device)) == readable)
    // Rows come, change, clash and go; others do with them what they like.
    let everything = Set(RightsWorld.canaries(in: world.files(of: world.admin)))
    #expect(everything.count == 4 * 5, "what is looked for is there to be found")
    try world.admin.sql("UPDATE doc SET open = open || '+', secret = secret || '+', locked = locked || '+'")
    try world.admin.sql("UPDATE leaf SET secret = secret || '+'; DELETE FROM leaf WHERE id LIKE '%over'")
    if role == "clerk" { try device.sql("UPDATE doc SET open = 'mine', secret = 'blind' WHERE place = 'both'") }
    try world.fleet.sync(world.admin)
    try world.sync(device)
    try world.admin.sql("UPDATE doc SET place = 'none' WHERE place = 'read'")
    try world.fleet.sync(world.admin)
    try world.sync(device)
    let status = try device.replica.status()
    #expect(status.mismatch.isEmpty && status.refused == 0)
    #expect(RightsWorld.canaries(in: world.received) == readable)
    #expect(RightsWorld.canaries(in: world.files(of: device)).isSubset(of: readable))
    #expect(try device.values("SELECT count(*) FROM doc WHERE place <> 'both'") == [[0]])
  }

  /// Role and table, then what an honest device says to an insert, an edit of each column and a delete: `ok`, or `no` at
  /// once. A hidden column may be written blindly where the schema names it.
  static let local = """
    keeper doc     insert ok open ok secret ok locked ok delete ok
    keeper leaf    insert ok open ok secret ok delete ok
    clerk doc      insert ok open ok secret ok locked no delete ok
    clerk leaf     insert ok open ok secret no delete ok
    reader doc     insert no open no secret no locked no delete no
    reader leaf    insert no open no secret no delete no
    feeder doc     insert ok
    feeder leaf    insert ok
    stranger doc   insert no
    stranger leaf  insert no
    """

  @Test("What the role forbids an honest device refuses at once, and the row stays as it was", arguments: roles)
  func device(role: String) throws {
    let world = try RightsWorld()
    let device = try world.device(role)
    try world.sync(device)
    for words in Self.lines(Self.local, of: role) {
      let table = words[1]
      for (act, answer) in zip(words.dropFirst(2), words.dropFirst(3)) where ["ok", "no"].contains(answer) {
        let id = (table == "doc" ? "d-" : "l-") + "both-over"
        let sql =
          switch act {
          case "insert": "INSERT INTO \(table) (id, \(table == "doc" ? "place" : "doc")) VALUES ('mine', 'both')"
          case "delete": "DELETE FROM \(table) WHERE id = '\(id)'"
          default: "UPDATE \(table) SET \(act) = 'mine' WHERE id = '\(id)'"
          }
        let before = try device.values("SELECT * FROM \(table) ORDER BY id")
        let pending = try device.replica.status().pending
        if answer == "ok" {
          try device.sql(sql)
          #expect(try device.replica.status().pending == pending + 1, "\(role): \(sql)")
        } else {
          let error = #expect(throws: RelayError.self, "\(role): \(sql)") { try device.sql(sql) }
          #expect(error?.code == .roleForbids)
          #expect(try device.values("SELECT * FROM \(table) ORDER BY id") == before)
          #expect(try device.replica.status().pending == pending)
        }
      }
    }
  }

  @Test("The shell can write what the role forbids; the hub refuses it, and everybody shows the row as it was")
  func shell() throws {
    let world = try RightsWorld()
    let clerk = try world.device("clerk")
    try world.sync(clerk)
    let before = try clerk.values("SELECT * FROM doc ORDER BY id")
    let shell = try Database(path: clerk.replica.path, mode: .readWrite)
    for sql in [
      "UPDATE doc SET locked = 'mine' WHERE id = 'd-both-open'",
      "UPDATE doc SET open = 'mine' WHERE id = 'd-read-open'",
      "DELETE FROM leaf WHERE id = 'l-read-open'",
    ] {
      try shell.script(sql)
      try world.sync(clerk)
    }
    try world.sync(clerk)
    #expect(try clerk.rules() == ["column_not_writable", "not_writable", "not_writable"])
    #expect(try clerk.values("SELECT * FROM doc ORDER BY id") == before)
    #expect(try clerk.values("SELECT count(*) FROM leaf WHERE id = 'l-read-open'") == [[1]])
  }
}
