import ConformanceVectors
import Testing

/// Every directed vector, by name.
@Suite struct DirectedVectorTests {
  struct Named: CustomTestStringConvertible, Sendable {
    var vector: Vector
    var testDescription: String { "\(vector.name): \(vector.title)" }
  }

  static let vectors = (try? VectorLibrary.directed().map(Named.init)) ?? []

  @Test("There are directed vectors, and each can be read")
  func readable() throws {
    #expect(try VectorLibrary.directed().count >= 30)
  }

  @Test("Hub and devices do what the directed vector demands", arguments: vectors)
  func fleet(_ named: Named) throws { try Stage(named.vector).play() }

  @Test(
    "The merge alone ends with the directed vector's cells, in every causal order",
    arguments: vectors.filter(\.vector.isOneHistory))
  func merge(_ named: Named) throws {
    let log = try MergeLog(named.vector)
    try log.checkCells()
    try log.checkOrders(5040, seed: 1)
  }
}
