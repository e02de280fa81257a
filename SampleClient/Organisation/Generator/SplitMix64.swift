/// The generator's only source of randomness: 64 bits of state, the same numbers on every machine.
package struct SplitMix64 {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 up to, not including, `count`; every one equally likely.
  package mutating func below(_ count: Int) -> Int {
    let n = UInt64(count)
    let rest = (UInt64.max % n + 1) % n
    while true {
      let value = next()
      if value <= UInt64.max - rest { return Int(value % n) }
    }
  }

  /// A number from `low` to `high`, both included.
  package mutating func span(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }

  package mutating func chance(percent: Int) -> Bool { below(100) < percent }

  package mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }

  package mutating func shuffle<T>(_ list: inout [T]) {
    for i in stride(from: list.count - 1, to: 0, by: -1) { list.swapAt(i, below(i + 1)) }
  }

  package mutating func uuid() -> String { UUIDText.of(next(), next()) }
}
