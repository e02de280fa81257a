internal import Relay

/// What people do with their devices, drawn from a seed: hot rows, every policy's columns, moves, deletes, forms, tools that
/// know nothing of Relay, conflicts and refusals dealt with. Every value is given once only, so that loss and order show.
package final class Workload {
  package let oracle: Oracle
  package var random: SplitMix
  private var serial = 0
  /// How many rows of a kind there may be.
  package var keys = 4
  /// Tables to choose a person or a visit from, and how often a tool writes; once in so many.
  package var foreign = 3
  /// Is much deleted, and many rows for good?
  package var deletesMuch = false
  /// Where persons leave by age: the time of now, in milliseconds since 1970.
  var now: (() -> Int64)?
  /// Does the office give roles, and scopes only to read?
  package var changesRoles = false
  let grant: (Witness, Rights) throws -> Void

  /// - Parameter grant: gives a device rights at the hub.
  package init(_ oracle: Oracle, random: SplitMix, grant: @escaping (Witness, Rights) throws -> Void) {
    (self.oracle, self.random, self.grant) = (oracle, random, grant)
  }

  /// With which the keys of a table begin.
  private static func letter(_ table: String) -> String { String(table.first ?? "?") }

  private func fresh() -> String {
    serial += 1
    return "x\(serial)"
  }

  /// A code that nobody gave before. Where persons leave by age it begins with a month.
  private func code() -> String {
    guard let now else { return fresh() }
    return Truth.month(Int64(random.int(0..<5)), before: now()) + "-" + fresh()
  }

  // MARK: Writing

  package func write(_ witness: Witness) throws {
    var names: Set<Name> = []
    var statements: [String] = []
    for _ in 0..<random.pick([1, 1, 1, 2, 3]) {
      var table = random.once(in: 4) ? "visit" : "person"
      if witness.version > 2, random.once(in: 4) { table = "gift" }
      let name = Name(table: table, id: Workload.letter(table) + String(random.int(0..<keys)))
      guard names.insert(name).inserted else { continue }
      let row = try witness.row(name)
      statements += table == "person" ? person(witness, name.id, row) : try child(witness, name, row != nil, &names)
    }
    guard !statements.isEmpty else { return }
    let sql = statements.joined(separator: "; ")
    if witness.form != nil, random.once(in: 2) {
      oracle.tell("\(witness.name) saves its form: \(sql)")
      oracle.count("forms")
      try witness.save(sql, names)
    } else if random.once(in: foreign) {
      oracle.tell("\(witness.name) shell: \(sql)")
      oracle.count("foreign")
      try witness.foreign(sql, names)
    } else {
      oracle.tell("\(witness.name): \(sql)")
      try witness.write(sql, names)
    }
  }

  /// One transaction over many rows, as an import makes it.
  package func writeMuch(_ witness: Witness) throws {
    var names: Set<Name> = []
    var statements: [String] = []
    for at in 0..<keys {
      let name = Name(table: "person", id: "p\(at)")
      names.insert(name)
      statements += person(witness, name.id, try witness.row(name))
    }
    oracle.count("large transactions")
    oracle.tell("\(witness.name) at once: \(statements.joined(separator: "; "))")
    try witness.write(statements.joined(separator: "; "), names)
  }

  private func unit(_ witness: Witness) -> String {
    let own = (oracle.rights[witness.name]?.writable ?? []).filter { $0 != "*" }.map { String($0.dropFirst(5)) }
    return random.pick(!random.once(in: 4) && !own.isEmpty ? own : Oracle.units)
  }

  private func person(_ witness: Witness, _ id: String, _ row: [String: Value]?) -> [String] {
    let insert =
      "INSERT INTO person (id, unit, phone, guests, tags) VALUES ('\(id)', '\(unit(witness))', '\(fresh())', "
      + "\(random.int(0..<3)), '[\"a\"]')"
    let place = "WHERE id = '\(id)'"
    guard let row else {
      if now != nil, !random.once(in: 3) {
        return [insert, "UPDATE person SET code = '\(code())' \(place)"]
      }
      guard witness.version > 1, random.once(in: 3) else { return [insert] }
      return [insert, "UPDATE person SET mail = '\(fresh())', score = \(random.int(0..<3)) \(place)"]
    }
    if deletesMuch, random.once(in: 6) {
      oracle.count("deletes")
      return ["DELETE FROM person \(place)"]
    }
    if witness.version > 1, random.once(in: 4) {
      oracle.count(witness.unseen.isEmpty ? "newer columns" : "newer columns not told to the device yet")
      return [newer(place)]
    }
    let isBlind = witness.role == "blind"
    switch random.int(0..<14) {
    case 13:
      guard row["code"] == .some(.null) || random.once(in: 6) else { fallthrough }
      return ["UPDATE person SET code = '\(code())' \(place)"]
    case 3 where isBlind, 4 where isBlind, 7 where isBlind:
      return ["UPDATE person SET guests = guests + 1, phone = '\(fresh())' \(place)"]
    case 2: return ["UPDATE person SET phone = NULL \(place)"]
    case 0, 1: return ["UPDATE person SET phone = '\(fresh())' \(place)"]
    case 3, 4: return ["UPDATE person SET area = '\(fresh())' \(place)"]
    case 5: return ["UPDATE person SET guests = guests + \(random.int(1..<10)) \(place)"]
    case 6: return ["UPDATE person SET top = \(random.int(1..<10)) \(place)"]
    case 7: return ["UPDATE person SET area = '\(fresh())', phone = '\(fresh())', guests = guests - 1 \(place)"]
    case 8, 9:
      oracle.count("moves")
      return ["UPDATE person SET unit = '\(random.pick(Oracle.units))' \(place)"]
    case 10:
      oracle.count("deletes")
      return ["DELETE FROM person \(place)"]
    case 11: return ["DELETE FROM person \(place)", insert]
    default:
      let tag = random.pick(["a", "b", "c"])
      var tags = Set((row["tags"]?.text ?? "").filter(\.isLetter).map(String.init))
      if tags.remove(tag) == nil { tags.insert(tag) }
      let text = tags.sorted().map { "\"\($0)\"" }.joined(separator: ",")
      return ["UPDATE person SET tags = '[\(text)]' \(place)"]
    }
  }

  /// What an app writes that knows version 2.
  private func newer(_ place: String) -> String {
    switch random.int(0..<4) {
    case 0: return "UPDATE person SET score = score + \(random.int(1..<10)) \(place)"
    case 1: return "UPDATE person SET mail = '\(fresh())', phone = '\(fresh())' \(place)"
    case 2: return "UPDATE person SET mail = NULL, score = score + 1, guests = guests + 1 \(place)"
    default: return "UPDATE person SET mail = '\(fresh())' \(place)"
    }
  }

  /// A visit, or a gift.
  private func child(
    _ witness: Witness, _ name: Name, _ isThere: Bool, _ names: inout Set<Name>
  ) throws -> [String] {
    let (table, id) = (name.table, name.id)
    let persons = try witness.rows().filter { $0.table == "person" }
    guard !persons.isEmpty else { return [] }
    var parent = random.pick(persons)
    // Somebody has it from a list on paper: it may be out of sight, or nowhere.
    if random.once(in: 8) { parent.id = "p\(random.int(0..<keys))" }
    if !isThere, oracle.schema.hasTriggers, table == "visit" {
      oracle.count("triggers: one counts in a row that syncs")
      names.insert(parent)
    }
    guard isThere else { return ["INSERT INTO \(table) VALUES ('\(id)', '\(parent.id)', '\(fresh())')"] }
    switch random.int(0..<5) {
    case 0: return ["DELETE FROM \(table) WHERE id = '\(id)'"]
    case 1: return ["UPDATE \(table) SET person = '\(parent.id)' WHERE id = '\(id)'"]
    default: return ["UPDATE \(table) SET note = '\(fresh())' WHERE id = '\(id)'"]
    }
  }

  // MARK: Before somebody is away

  /// A person that two devices show.
  func common(_ one: Witness, _ other: Witness) throws -> Name? {
    let there = Set(try other.rows())
    let rows = try one.rows().filter { $0.table == "person" && there.contains($0) }
    return rows.isEmpty ? nil : random.pick(rows)
  }

  func change(_ witness: Witness, _ row: Name) throws {
    let sql =
      random.once(in: 4)
      ? "DELETE FROM person WHERE id = '\(row.id)'"
      : "UPDATE person SET phone = '\(fresh())', guests = guests + 1 WHERE id = '\(row.id)'"
    oracle.tell("\(witness.name) before it is away: \(sql)")
    try witness.write(sql, [row])
  }

  /// With everything that hangs on it.
  func remove(_ witness: Witness, _ row: Name) throws {
    var (names, sql) = (Set([row]), "DELETE FROM person WHERE id = '\(row.id)'")
    for table in witness.tables where table != "person" {
      let rows = try witness.values("SELECT id FROM \(table) WHERE person = '\(row.id)'")
      names.formUnion(rows.map { Name(table: table, id: $0[0].text ?? "") })
      sql += "; DELETE FROM \(table) WHERE person = '\(row.id)'"
    }
    oracle.tell("\(witness.name): \(sql)")
    try witness.write(sql, names)
  }

  /// Who may write nothing is told so, and nothing changes.
  package func tryToWrite(_ witness: Witness) throws {
    guard witness.knowsItsRole else { return }
    oracle.count("forbidden")
    let before = try witness.rows()
    do {
      try witness.sql("INSERT INTO person (id, unit) VALUES ('r\(random.int(0..<4))', 'u1')")
      throw Broken("\(witness.name) may write nothing, and wrote")
    } catch let error as RelayError {
      guard error.code == .roleForbids, try witness.rows() == before else { throw error }
    }
  }

  package func open(_ witness: Witness) throws {
    oracle.tell("\(witness.name) opens a form")
    try witness.open()
  }

  // MARK: What waits for people

  package func settle(_ witness: Witness) throws {
    let open = try witness.replica.inbox().filter { $0.kind == .conflict }
    guard !open.isEmpty else { return }
    let item = random.pick(open)
    oracle.count("settled")
    oracle.tell("\(witness.name) settles \(item.id)")
    guard !item.siblings.isEmpty else { return }
    let place = random.pick(item.siblings).position
    if random.once(in: 2) { try witness.settle(item, place) } else { try witness.choose(item, place) }
  }

  /// Somebody deals with a refusal: forgets it, or writes it again, perhaps under another key.
  package func putRight(_ witness: Witness) throws {
    let items = try witness.replica.inbox().filter { $0.kind == .refused }
    guard !items.isEmpty else { return }
    let item = random.pick(items)
    let again = !random.once(in: 3)
    var key: String?
    if again, random.once(in: 2) {
      key = Workload.letter(item.table) + String(random.int(0..<keys + 2))
      // Under its own key it is the same row.
      if key == item.key { key = nil }
    }
    oracle.count(again ? "resubmitted" : "discarded")
    oracle.tell("\(witness.name) \(again ? "resubmits" : "discards") \(item.id) \(key ?? "")")
    try witness.putRight(item, again: again, key: key)
  }

  package func undelete(_ witness: Witness) throws {
    let table = random.pick(witness.tables)
    let deleted = try witness.replica.deleted(table)
    guard !deleted.isEmpty else { return }
    let name = Name(table: table, id: random.pick(deleted)[0].text ?? "")
    oracle.count("undeleted")
    oracle.tell("\(witness.name) undeletes \(name)")
    try witness.undelete(name)
  }

  // MARK: What the office does

  package func regrant(_ witness: Witness) throws {
    guard let now = oracle.rights[witness.name], now.scopes != ["*"] else { return }
    let scopes = Oracle.units.filter { _ in random.once(in: 2) }.map { "unit/" + $0 }
    var rights = Rights(role: now.role, scopes: scopes)
    if changesRoles {
      if random.once(in: 2) { rights.role = random.pick(["field", "field", "blind", "reader"]) }
      if random.once(in: 2) { rights.writable = scopes.filter { _ in !random.once(in: 3) } }
    }
    oracle.count("regrants")
    if rights.role != now.role { oracle.count("another role") }
    if rights.writable != scopes { oracle.count("scopes to read only") }
    oracle.tell("\(witness.name) is granted \(scopes) as \(rights.role), to write \(rights.writable)")
    try grant(witness, rights)
    oracle.granted(witness.name, rights)
  }
}
