import Foundation
import RelayGzip
import RelayProtocol
import Testing

/// `Protocol/vectors/gzip.json`: bodies as they travel packed, and what is no such body.
///
/// `make vectors` writes the file; the other reader (`Protocol/reader/check.py`) has to agree with it.
@Suite struct GzipVectorTests {
  struct Vector: Codable, Equatable {
    var name: String
    var packed: String
    /// What comes out, where it is short enough to be written down; else how many bytes.
    var plain: String?
    var bytes: Int?
    var error: String?
  }

  struct Vectors: Codable, Equatable {
    var about: String
    var gzip: [Vector]
  }

  private static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Protocol/vectors/gzip.json")

  private static func made() -> Vectors {
    let plain = (0..<700).map { UInt8(truncatingIfNeeded: ($0 * $0) >> 3) }
    let packed = gzip(plain)
    // A member may have a name and a comment (RFC 1952, section 2.3).
    let named = [0x1F, 0x8B, 8, 0x18, 0, 0, 0, 0, 0, 3] + Array("name\0comment\0".utf8) + packed.dropFirst(10)
    var wrongSum = packed
    wrongSum[packed.count - 5] ^= 1
    var wrongLength = packed
    wrongLength[packed.count - 1] ^= 1
    let zeros = gzip([UInt8](repeating: 0, count: 1 << 20))
    let bomb = gzip([UInt8](repeating: 0, count: 2 << 20))
    func good(_ name: String, _ packed: [UInt8], _ plain: [UInt8]) -> Vector {
      Vector(
        name: name, packed: hexadecimal(packed), plain: plain.count < 1000 ? hexadecimal(plain) : nil,
        bytes: plain.count)
    }
    func bad(_ name: String, _ packed: [UInt8], _ code: ErrorCode) -> Vector {
      Vector(name: name, packed: hexadecimal(packed), error: code.rawValue)
    }
    return Vectors(
      about: "Bodies packed with gzip and what comes out, and what must be refused, with the code.",
      gzip: [
        good("one member", packed, plain), good("nothing, packed", gzip([]), []),
        good("a member with a name", named, plain),
        good("zeros, a megabyte: no ratio is asked for yet", zeros, [UInt8](repeating: 0, count: 1 << 20)),
        bad("zeros, two megabytes: more than a hundred times what went in", bomb, .limitExceeded),
        bad("cut in the data", Array(packed.dropLast(20)), .malformedMessage),
        bad("cut in the checksum", Array(packed.dropLast(3)), .malformedMessage),
        bad("nothing at all", [], .malformedMessage), bad("a byte behind the member", packed + [0], .malformedMessage),
        bad("two members", packed + packed, .malformedMessage), bad("another checksum", wrongSum, .malformedMessage),
        bad("another length", wrongLength, .malformedMessage),
        bad("zlib's own form (RFC 1950)", [0x78, 0x9C, 3, 0, 0, 0, 0, 1], .malformedMessage),
        bad("no compression at all", plain, .malformedMessage),
      ])
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private static func bytes(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
  }

  @Test("Every vector says what this side does")
  func vectors() throws {
    if ProcessInfo.processInfo.environment["RELAY_WRITE_VECTORS"] != nil {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try (encoder.encode(Self.made()) + Data("\n".utf8)).write(to: Self.path)
    }
    let vectors = try JSONDecoder().decode(Vectors.self, from: try Data(contentsOf: Self.path))
    #expect(vectors.gzip.map(\.name) == Self.made().gzip.map(\.name))
    for vector in vectors.gzip {
      do throws(RelayError) {
        let plain = try gunzip(Self.bytes(vector.packed))
        #expect(vector.error == nil, "\(vector.name)")
        #expect(plain.count == vector.bytes, "\(vector.name)")
        if let expected = vector.plain { #expect(plain == Self.bytes(expected), "\(vector.name)") }
      } catch {
        #expect(error.code.rawValue == vector.error, "\(vector.name): \(error)")
      }
    }
  }
}
