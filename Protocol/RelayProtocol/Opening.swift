/// A name that the hub's order has from a seq on. It is drawn anew each time that the store is opened and something is judged,
/// so that two orders of one epoch, each lost when the hub was put back without a word, are told apart (rule 27).
public struct Opening: Hashable, Sendable {
  /// The first seq that was given then.
  public var first: UInt64
  /// 64 random bits; never 0.
  public var name: UInt64

  public init(first: UInt64, name: UInt64) { (self.first, self.name) = (first, name) }
}

extension Array<Opening> {
  /// What the order is called at a seq, in a list that ascends; 0 where none says so.
  package func name(at seq: UInt64) -> UInt64 { last { $0.first <= seq }?.name ?? 0 }

  /// What is told to somebody who knows of those up to a seq.
  package func after(_ seq: UInt64) -> [Opening] { Array(filter { $0.first > seq }.suffix(Limits.openings)) }

  /// The same with the one that holds right after it. Who stands there may think of another one: a hub that was put back, and was
  /// offered the same work again, has the same log under a new name.
  package func holding(after seq: UInt64) -> [Opening] {
    Array(self[(lastIndex { $0.first <= seq + 1 } ?? startIndex)...].suffix(Limits.openings))
  }
}

extension CBORWriter {
  package mutating func openings(_ openings: [Opening]) {
    array(openings.count)
    for opening in openings {
      array(2)
      unsigned(opening.first)
      unsigned(opening.name)
    }
  }
}

extension CBORReader {
  /// At least one, ascending.
  package mutating func openings() throws(RelayError) -> [Opening] {
    var openings: [Opening] = []
    for _ in 0..<(try array(most: Limits.openings)) {
      try array(exactly: 2)
      let opening = Opening(first: try unsigned(most: Limits.sequence), name: try openingName())
      guard opening.first > openings.last?.first ?? 0 else { throw malformed("openings out of order") }
      openings.append(opening)
    }
    guard !openings.isEmpty else { throw malformed("no openings are not listed") }
    return openings
  }

  mutating func openingName() throws(RelayError) -> UInt64 {
    let name = try unsigned()
    guard name > 0 else { throw malformed("an opening without a name") }
    return name
  }
}
