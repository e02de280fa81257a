import RelayProtocol
import RelaySimulation
import Testing

/// Whatever arrives, a decoder answers with a message or an error, and a message has one spelling.
struct FuzzTests {
  @Test("a message that is cut anywhere is malformed", arguments: MessageKind.allCases)
  func truncation(_ kind: MessageKind) {
    for bytes in kind.samples {
      for count in 0..<bytes.count {
        let code = failure { () throws(RelayError) in try kind.again(Array(bytes[..<count])) }
        #expect(code == .malformedMessage, "cut at byte \(count) of \(bytes.hexadecimal)")
      }
      #expect(failure { () throws(RelayError) in try kind.again(bytes + [0]) } == .malformedMessage)
    }
  }

  @Test("changed bytes are refused, or are the one spelling of another message", arguments: MessageKind.allCases)
  func mutation(_ kind: MessageKind) throws {
    let samples = kind.samples
    for seed in 0..<UInt64(20_000) {
      var random = SplitMix(state: seed)
      let sample = samples[Int.random(in: 0..<samples.count, using: &random)]
      check(kind, mutate(sample, &random), "seed \(seed)")
    }
  }

  @Test("every single bit that can flip is refused, or another message", arguments: MessageKind.allCases)
  func bitFlips(_ kind: MessageKind) {
    for sample in kind.samples {
      for at in sample.indices {
        for bit in 0..<8 {
          var bytes = sample
          bytes[at] ^= 1 << UInt8(bit)
          check(kind, bytes, "bit \(bit) of byte \(at)")
        }
      }
    }
  }

  @Test("noise is never a reason to crash", arguments: MessageKind.allCases)
  func noise(_ kind: MessageKind) {
    for seed in 0..<UInt64(5000) {
      var random = SplitMix(state: seed)
      let bytes = (0..<Int.random(in: 0..<200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      check(kind, bytes, "seed \(seed)")
    }
  }

  private func check(_ kind: MessageKind, _ bytes: [UInt8], _ story: String) {
    do throws(RelayError) {
      let again = try kind.again(bytes)
      guard again != bytes else { return }
      // Two things are read and not kept: fields that only a newer peer knows, and the name of a rule that only a
      // newer hub knows. What is left must be stable.
      let isShorter = kind.hasOptionalFields && again.count < bytes.count
      let hasUnknownRule =
        again.contains(sequence: Array("malformed".utf8)) && !bytes.contains(sequence: Array("malformed".utf8))
      #expect(isShorter || hasUnknownRule, "\(story): \(bytes.hexadecimal) became \(again.hexadecimal)")
      #expect(try kind.again(again) == again, "\(story): \(bytes.hexadecimal)")
    } catch {
      let codes: [ErrorCode] = [.malformedMessage, .limitExceeded, .unsupportedVersion]
      #expect(codes.contains(error.code), "\(story): \(error)")
    }
  }

  /// One to four changes of the kinds that find faults in decoders: bits, bytes that are heads, lengths, cuts, repeats.
  private func mutate(_ sample: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    let heads: [UInt8] = [
      0x00, 0x17, 0x18, 0x1B, 0x20, 0x3B, 0x40, 0x5B, 0x60, 0x7B, 0x80, 0x81, 0x9B, 0x9F, 0xA0, 0xBB, 0xC1, 0xD9, 0xF4,
      0xF6, 0xF7, 0xF9, 0xFB, 0xFF,
    ]
    var bytes = sample
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, at + Int.random(in: 1...12, using: &random))
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes[at] = heads[Int.random(in: 0..<heads.count, using: &random)]
      case 3: bytes[at] &+= Bool.random(using: &random) ? 1 : 255
      case 4: bytes.removeSubrange(at..<end)
      case 5: bytes.insert(contentsOf: bytes[at..<end], at: at)
      case 6: bytes.insert(heads[Int.random(in: 0..<heads.count, using: &random)], at: at)
      default:
        let from = Int.random(in: 0..<sample.count, using: &random)
        bytes.replaceSubrange(at..<end, with: sample[from..<min(sample.count, from + end - at)])
      }
    }
    return bytes
  }
}

extension [UInt8] {
  func contains(sequence: [UInt8]) -> Bool { indices.contains { self[$0...].starts(with: sequence) } }
}
