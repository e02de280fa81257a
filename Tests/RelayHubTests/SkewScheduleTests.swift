import Relay
import RelayHub
import RelaySimulation
import TestSupport
import Testing

/// Random histories in which hub and apps are updated one by one, at any moment, while everybody writes.
@Suite struct SkewScheduleTests {
  @Test("Whatever is updated when, no increment is lost or counted twice, and all end with the same rows")
  func anyOrder() async throws {
    for seed in OracleTests.first..<(OracleTests.first + OracleTests.many / 12) {
      let story = try await Story(seed)
      do {
        try await story.run(steps: 60)
      } catch {
        Issue.record("RELAY_SEED=\(seed): \(error)\n\(story.told.joined(separator: "\n"))")
        return
      }
    }
  }

  final class Story {
    struct Broken: Error, CustomStringConvertible { var description: String }

    let fleet: Fleet
    var random: SplitMix
    var told: [String] = []
    /// By name: the devices as they are now, and whether their app is the newer one.
    var isNew: [String: Bool] = [:]
    var guests: [String: Int64] = [:]
    var score: [String: Int64] = [:]
    var gifts: Set<String> = []

    init(_ seed: UInt64) async throws {
      random = SplitMix(state: seed)
      fleet = try Fleet(inMemory: true)
      for (name, scopes) in [("a", ["unit/u1"]), ("b", ["unit/u1"]), ("c", ["unit/u1", "unit/u2"]), ("d", ["*"])] {
        _ = try fleet.add(name, scopes: scopes)
        isNew[name] = false
      }
      try fleet.devices[0].sql("INSERT INTO person (id, unit) VALUES ('p0', 'u1'), ('p1', 'u1'), ('p2', 'u1')")
      try fleet.syncAll()
      try fleet.syncAll()
    }

    func run(steps: Int) async throws {
      for step in 0..<steps {
        fleet.clock.advance(1000)
        let device = random.pick(fleet.devices)
        switch random.int(0..<12) {
        case 0: if random.once(in: 4) { try updateHub() }
        case 1: if random.once(in: 3) { try update(device) }
        case 2, 3, 4: try await sync(device)
        default: try write(device, step)
        }
      }
      try updateHub()
      for device in fleet.devices { try update(device) }
      for _ in 0..<3 { for device in fleet.devices { try await sync(device) } }
      try await check()
    }

    private func updateHub() throws {
      told.append("the hub is updated")
      _ = try fleet.writer.update(schema: SkewApps.new.schema)
    }

    private func update(_ device: Fleet.Device) throws {
      guard isNew[device.name] == false else { return }
      told.append("\(device.name) is updated")
      _ = try fleet.update(device, to: SkewApps.new.schema, migration: SkewApps.migration)
      isNew[device.name] = true
    }

    private func sync(_ device: Fleet.Device) async throws {
      _ = try await device.replica.sync(with: FleetTransport(fleet), options: FleetTransport.options)
      let status = try device.replica.status()
      told.append("\(device.name) at \(status.base), \(status.pending) pending, \(status.waitsFor ?? "")")
      guard status.mismatch.isEmpty else { throw Broken(description: "\(device.name) differs in \(status.mismatch)") }
    }

    private func write(_ device: Fleet.Device, _ step: Int) throws {
      let people = try device.values("SELECT id FROM person ORDER BY id").compactMap { $0[0].text }
      let person = random.pick(people)
      var sql: [String] = []
      for _ in 0...random.int(0..<2) {
        switch random.int(0..<(isNew[device.name] == true ? 7 : 4)) {
        case 0:
          sql.append("UPDATE person SET guests = guests + 2 WHERE id = '\(person)'")
          guests[person, default: 0] += 2
        case 1: sql.append("UPDATE person SET area = 'x\(step)' WHERE id = '\(person)'")
        case 2: sql.append("INSERT INTO person (id, unit) VALUES ('n\(step)-\(sql.count)', 'u1')")
        case 3: sql.append("INSERT INTO visit VALUES ('v\(step)-\(sql.count)', '\(person)', 'seen')")
        case 4:
          sql.append("UPDATE person SET score = score + 3 WHERE id = '\(person)'")
          score[person, default: 0] += 3
        case 5: sql.append("UPDATE person SET email = 'x\(step)' WHERE id = '\(person)'")
        default:
          sql.append("INSERT INTO gift VALUES ('g\(step)-\(sql.count)', '\(person)', 'book')")
          gifts.insert("g\(step)-\(sql.count - 1)")
        }
      }
      told.append("\(device.name): \(sql.joined(separator: "; "))")
      if random.once(in: 3) {
        try Database(path: device.replica.path, mode: .readWrite).script(sql.joined(separator: "; "))
      } else {
        try device.sql(sql.joined(separator: "; "))
      }
    }

    private func check() async throws {
      let all = "SELECT id, unit, phone, area, guests, email, score FROM person ORDER BY id"
      let expected = try fleet.devices[3].values(all)
      for device in fleet.devices {
        let status = try device.replica.status()
        guard status.pending == 0, status.refused == 0, status.waitsFor == nil else {
          throw Broken(description: "\(device.name): \(status)")
        }
        guard try device.values(all) == expected else {
          throw Broken(description: "\(device.name) has \(try device.values(all)), d has \(expected)")
        }
        let gifts = try device.values("SELECT id FROM gift").compactMap { $0[0].text }
        guard Set(gifts) == self.gifts else { throw Broken(description: "\(device.name) has the gifts \(gifts)") }
        let found = try await device.replica.verify(with: FleetTransport(fleet), options: FleetTransport.options)
        guard found.isEqual else { throw Broken(description: "\(device.name): \(found.differences)") }
      }
      for row in expected {
        let id = row[0].text ?? ""
        guard row[4] == .integer(guests[id] ?? 0), row[6] == .integer(score[id] ?? 0) else {
          throw Broken(description: "\(id) has \(row), and was given \(guests[id] ?? 0) and \(score[id] ?? 0)")
        }
      }
    }
  }
}
