/// A small generator with a seed (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
public struct SplitMix: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(state: UInt64) { self.state = state }

  /// A stream of its own for one label: what is drawn from one does not shift another, so that a fault can be left out of
  /// a run and everything else stays as it was.
  public init(seed: UInt64, _ label: String) {
    var hash = Digest64()
    hash.add(seed)
    hash.add(label)
    self.init(state: hash.value)
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension SplitMix {
  /// - Parameter range: must not be empty.
  public mutating func int(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

  /// True once in so many times.
  public mutating func once(in many: Int) -> Bool { int(0..<max(1, many)) == 0 }

  public mutating func pick<T>(_ list: [T]) -> T { list[int(0..<list.count)] }
}

/// FNV-1a over what is added (http://www.isthe.com/chongo/tech/comp/fnv/): the same in every process, unlike `Hasher`.
package struct Digest64: Sendable {
  package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  package mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

  package mutating func add(_ number: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
  }

  package mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte) }
    add(0xFF as UInt8)
  }
}
