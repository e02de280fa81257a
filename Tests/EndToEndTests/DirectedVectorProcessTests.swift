import ConformanceVectors
import Foundation
import Relay
internal import RelayMerge
internal import RelayProtocol
import Testing

/// The directed vectors once more, by the programs that people run: `relay-server`, `relay-client`, and the `sqlite3`
/// shell as the app. Clocks are the machine's own and replies cannot be kept, so a vector that moves a clock, loses a
/// reply or pulls without pushing is played in process only (Tests/ConformanceTests), which `skipped` counts.
@Suite(.timeLimit(.minutes(20)))
struct DirectedVectorProcessTests {
  struct Named: CustomTestStringConvertible, Sendable {
    var vector: Vector
    var testDescription: String { "\(vector.name): \(vector.title)" }
  }

  static let all = (try? VectorLibrary.directed()) ?? []
  static let played = all.filter(\.canBePlayedByPrograms).map(Named.init)

  @Test("Two of three directed vectors without copies and put-back hubs need nothing but the programs")
  func most() {
    let usual = Self.all.filter { vector in
      vector.allSteps.allSatisfy { ![.copy, .backup, .restore, .prune, .age].contains($0.kind) }
    }
    #expect(Self.played.count * 3 > usual.count * 2)
  }

  @Test("Real programs end where the directed vector ends", arguments: played)
  func programs(_ named: Named) async throws { try await ProcessStage(named.vector).play() }
}

extension Vector {
  fileprivate var canBePlayedByPrograms: Bool {
    inProcessOnly == nil
      && allSteps.allSatisfy { step in
        let isWhole = step.json["reply"] == nil && step.json["pages"] == nil && step.json["strict"] == nil
        return isWhole && [.write, .resolve, .sync, .grant].contains(step.kind)
      }
  }
}

/// A vector's hub and devices as processes.
final class ProcessStage {
  private let vector: Vector
  private let folder: Folder
  private let hub: HubProcess
  private let client: Tool
  private let spelling: Spelling

  init(_ vector: Vector) async throws {
    self.vector = vector
    folder = try Folder()
    let bytes = try VectorLibrary.schema(vector.schema)
    let schema = try SyncSchema(json: bytes)
    spelling = Spelling(schema: schema, devices: vector.devices.map(\.name))
    try Data(bytes).write(to: URL(filePath: folder.path("schema.json")))
    try VectorLibrary.ddl(schema).write(toFile: folder.path("tables.sql"), atomically: true, encoding: .utf8)
    client = try Tool.built("relay-client")
    hub = try await HubProcess(in: folder, .asWritten)
    try await hub.serve()
    for device in vector.devices {
      let code = try await hub.addDevice(device.name, role: device.role, scopes: Self.scopes(device.grants))
      try await run(device.name, "enroll", "--hub", hub.address, "--code", code)
      try await run(device.name, "sync", "--deadline", "300")
    }
  }

  func play() async throws {
    for (at, step) in vector.steps.enumerated() {
      do {
        switch step.kind {
        case .write: try await write(step)
        case .resolve: try await resolve(step)
        case .sync: try await run(step.device, "sync", "--deadline", "300")
        case .grant: try await grant(step)
        case .push, .pull, .deliver, .clock, .copy, .backup, .restore, .prune, .age: break
        }
      } catch {
        Issue.record("\(vector.name), step \(at + 1) \(step.deed): \(error)")
        return
      }
    }
    try await checkEnd()
    try await hub.stop()
  }

  // MARK: Steps

  private func write(_ step: Step) async throws {
    // Marked as one transaction: it is refused whole, where it is.
    var sql = "BEGIN; UPDATE relay_boundary SET open = 1; "
    var here: [String: Bool] = [:]
    for item in step.writes {
      let name = "\(item.table) \(item.key)"
      if here[name] == nil {
        here[name] = try await shell(step.device, "SELECT count(*) FROM \(item.table) WHERE \(match(item))") == "1\n"
      }
      sql += statements(item, isHere: here[name] == true)
      here[name] = item.row != nil
    }
    _ = try await shell(step.device, sql + "UPDATE relay_boundary SET open = 0; COMMIT")
    // Opening the file seals what the shell left: this transaction is not to be one with the next.
    if step.json["foreign"] != .bool(true) { try await run(step.device, "status") }
  }

  private func match(_ item: WriteItem) -> String {
    guard let table = spelling.schema.table(named: item.table) else { return "0" }
    return zip(table.key, item.key).map { "\(table.columns[$0].name) = \($1)" }.joined(separator: " AND ")
  }

  private func statements(_ item: WriteItem, isHere: Bool) -> String {
    guard let row = item.row else { return "DELETE FROM \(item.table) WHERE \(match(item)); " }
    let columns = row.sorted { $0.key < $1.key }.map { (name: $0.key, value: spelling.column($0.value).description) }
    var sql = ""
    if !isHere, let table = spelling.schema.table(named: item.table) {
      let keys = zip(table.key, item.key).map { (name: table.columns[$0].name, value: $1.description) }
      let all = keys + columns
      sql += "INSERT INTO \(item.table) (\(all.map(\.name).joined(separator: ", "))) "
      sql += "VALUES (\(all.map(\.value).joined(separator: ", "))); "
    } else if !columns.isEmpty {
      let sets = columns.map { "\($0.name) = \($0.value)" }.joined(separator: ", ")
      sql += "UPDATE \(item.table) SET \(sets) WHERE \(match(item)); "
    }
    for (name, value) in item.add.sorted(by: { $0.key < $1.key }) {
      sql += "UPDATE \(item.table) SET \(name) = \(name) + \(value) WHERE \(match(item)); "
    }
    return sql
  }

  private func resolve(_ step: Step) async throws {
    let table = step.json["table"]?.text ?? ""
    let key = (step.json["key"]?.list ?? []).map { $0.text ?? $0.description }.joined(separator: "/")
    let cell = step.json["cell"]?.text ?? ""
    let place =
      "kind = 'conflict' AND table_name = '\(table)' AND row_key = '\(key)' AND column_name = "
      + (cell == "_live" ? "'(existence)'" : "'\(cell)'")
    let id = try await shell(step.device, "SELECT id FROM relay_inbox WHERE \(place)")
      .trimmingCharacters(in: .newlines)
    guard cell == "_live" else {
      let choice = step.json["choice"] ?? .null
      let values = (choice.list ?? [choice]).flatMap { ["--value", $0.text ?? $0.description] }
      return try await run(step.device, ["inbox", "resolve", id] + values)
    }
    // `  b) deleted (…)`: the letter of the value that says so.
    let shown = try await client.run(arguments(step.device, ["conflict", "show", id]), in: folder).output
    let isDead = step.json["choice"] == .text("dead")
    let line = shown.split(separator: "\n").first { line in
      let text = line.drop { $0 == " " }
      return text.dropFirst().hasPrefix(") ") && text.dropFirst(3).hasPrefix("deleted") == isDead
    }
    let letter = try #require(line?.first { $0 != " " }, "\(vector.name): \(shown)")
    try await run(step.device, "inbox", "resolve", id, String(letter))
  }

  private func grant(_ step: Step) async throws {
    let before = vector.devices.first { $0.name == step.device }?.grants ?? []
    let grants = step.json["scopes"].map(Vector.grants) ?? grants[step.device] ?? before
    self.grants[step.device] = grants
    try await hub.grant(step.device, role: step.json["role"]?.text, scopes: Self.scopes(grants))
  }

  private var grants: [String: [ScopeGrant]] = [:]

  private static func scopes(_ grants: [ScopeGrant]) -> [String] {
    grants.map { $0.scope + ":" + ($0.readable ? "r" : "") + ($0.writable ? "w" : "") }
  }

  // MARK: The end

  /// Every fact that a person wrote down, and each device's inbox; then the hub and the device compare row by row.
  private func checkEnd() async throws {
    for fact in vector.must {
      guard let said = fact["shows"]?.list, let device = said[0].text, let name = said[1].text else { continue }
      let shown = try await row(device, name)
      guard let columns = said[2].object else {
        #expect(shown == nil, "\(vector.name): \(device) shows \(name)")
        continue
      }
      for (column, value) in columns.sorted(by: { $0.key < $1.key }) {
        let wanted = JSON(spelling.column(value)).description
        let got = shown?[column].map { JSON($0).description } ?? "no row"
        #expect(got == wanted, "\(vector.name): \(column) of \(name) on \(device)")
      }
    }
    #expect(try await hub.head() == Int(vector.end["head"]?.integer ?? -1), "\(vector.name): the hub's head")
    for device in vector.devices.map(\.name) {
      let expected = vector.end["inbox"]?[device]
      func facts(_ kind: String) -> String {
        (expected?[kind]?.list ?? []).map { fact in
          let parts = fact.list ?? []
          let cell = parts[1] == .text("_live") ? "(existence)" : parts[1].text ?? ""
          return "\(parts[0].text ?? "") \(cell) \(parts[2])"
        }.sorted().joined(separator: "\n")
      }
      for (kind, name) in [("conflict", "conflicts"), ("notice", "notices")] {
        let got = try await shell(
          device,
          "SELECT table_name || ' ' || row_key || ' ' || column_name || ' ' || opened FROM relay_inbox "
            + "WHERE kind = '\(kind)'")
        #expect(
          got.split(separator: "\n").sorted().joined(separator: "\n") == facts(name),
          "\(vector.name): \(name) on \(device)")
      }
      let refused = try await shell(device, "SELECT count(*) FROM relay_inbox WHERE kind = 'refused'")
      #expect(refused == "\(expected?["refused"]?.list?.count ?? 0)\n", "\(vector.name): refusals on \(device)")
      let verified = try await client.run(arguments(device, ["verify", "--json"]), in: folder)
      #expect(verified.status == 0, "\(vector.name): \(device) verifies: \(verified.output) \(verified.complaint)")
    }
  }

  private func row(_ device: String, _ name: String) async throws -> [String: Value]? {
    guard let id = spelling.row(name), let table = spelling.schema.table(id.table) else { return nil }
    let match = zip(table.key, try id.values()).map { "\(table.columns[$0].name) = \($1)" }.joined(separator: " AND ")
    let columns = table.columns.map { "'\($0.name)', \($0.name)" }.joined(separator: ", ")
    let output = try await shell(device, "SELECT json_object(\(columns)) FROM \(table.name) WHERE \(match)")
    guard !output.isEmpty else { return nil }
    return (try JSON(parsing: Array(output.utf8)).object ?? [:]).compactMapValues(\.value)
  }

  // MARK: Programs

  private func arguments(_ device: String, _ command: [String]) -> [String] {
    [
      "--replica", folder.path("\(device).db"), "--schema", folder.path("schema.json"), "--ddl",
      folder.path("tables.sql"),
    ] + command
  }

  private func run(_ device: String, _ command: String...) async throws { try await run(device, command) }

  private func run(_ device: String, _ command: [String]) async throws {
    let outcome = try await client.run(arguments(device, command), in: folder)
    try #require(outcome.status == 0, "\(vector.name): \(device) \(command): \(outcome.complaint)")
  }

  private func shell(_ device: String, _ sql: String) async throws -> String {
    let outcome = try await Tool.shell.run([folder.path("\(device).db"), sql], in: folder)
    try #require(outcome.status == 0, "\(vector.name): \(device): \(sql): \(outcome.complaint)")
    return outcome.output
  }
}
