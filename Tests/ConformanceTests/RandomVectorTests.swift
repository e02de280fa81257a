import ConformanceVectors
import Foundation
import Testing

/// The random vectors that are kept. `RELAY_VECTORS=FIRST..LAST` plays seeds that generate.py makes on the spot instead,
/// with `RELAY_VECTORS_KIND=healing` histories of copies and put-back hubs; `RELAY_VECTORS_MOST` plays fewer.
@Suite struct RandomVectorTests {
  static let parts = 8

  static let lines = Result { () throws -> [[UInt8]] in
    let environment = ProcessInfo.processInfo.environment
    let asked = environment["RELAY_VECTORS"]?.split(separator: ".").compactMap { Int($0) }
    guard let asked, asked.count == 2 else {
      let most = environment["RELAY_VECTORS_MOST"].flatMap { Int($0) } ?? .max
      return Array(try VectorLibrary.random().prefix(most)) + (try VectorLibrary.random(kind: "healing").prefix(most))
    }
    let kind = environment["RELAY_VECTORS_KIND"] ?? "random"
    return try VectorLibrary.random(seeds: asked[0]..<asked[1], kind: kind)
  }

  @Test("A thousand random vectors are kept, and some hundred of copies and put-back hubs")
  func kept() throws {
    #expect(try VectorLibrary.random().count >= 1000)
    #expect(try VectorLibrary.random(kind: "healing").count >= 280)
  }

  @Test("Hub, devices and the merge alone do what the random vectors demand", arguments: 0..<parts)
  func all(part: Int) throws {
    var failures = 0
    for (at, line) in try Self.lines.get().enumerated() where at % Self.parts == part {
      let vector = try Vector(try JSON(parsing: line))
      do {
        if vector.isOneHistory {
          let log = try MergeLog(vector)
          try log.checkCells()
          try log.checkOrders(6, seed: UInt64(at))
        }
        try Stage(vector).play()
      } catch {
        Issue.record("\(error)")
        failures += 1
        if failures == 3 { return }
      }
    }
  }
}
