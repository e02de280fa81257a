import ConformanceVectors
import Foundation
import Testing

/// The random vectors that are kept. `RELAY_VECTORS=FIRST..LAST` plays seeds that generate.py makes on the spot instead,
/// `RELAY_VECTORS_MOST` fewer.
@Suite struct RandomVectorTests {
  static func lines() throws -> [[UInt8]] {
    let environment = ProcessInfo.processInfo.environment
    let asked = environment["RELAY_VECTORS"]?.split(separator: ".").compactMap { Int($0) }
    guard let asked, asked.count == 2 else {
      let most = environment["RELAY_VECTORS_MOST"].flatMap { Int($0) } ?? .max
      return Array(try VectorLibrary.random().prefix(most))
    }
    return try VectorLibrary.random(seeds: asked[0]..<asked[1])
  }

  @Test("Hub, devices and the merge alone do what a thousand random vectors demand")
  func all() throws {
    let lines = try Self.lines()
    #expect(!lines.isEmpty)
    var failures = 0
    for (at, line) in lines.enumerated() {
      let vector = try Vector(try JSON(parsing: line))
      do {
        let log = try MergeLog(vector)
        try log.checkCells()
        try log.checkOrders(6, seed: UInt64(at))
        try Stage(vector).play()
      } catch {
        Issue.record("\(error)")
        failures += 1
        if failures == 5 { return }
      }
    }
  }
}
