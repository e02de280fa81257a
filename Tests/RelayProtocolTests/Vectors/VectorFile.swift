import Foundation
import RelayProtocol

/// The files of Protocol/vectors that belong to this target, and what writes them.
enum VectorFile: String, CaseIterable {
  case values, messages, invalid, chain, digest

  var path: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Protocol/vectors/\(rawValue).json")
  }

  func text() throws -> String { try String(contentsOf: path, encoding: .utf8) }

  func read() throws -> JSON { try JSONDecoder().decode(JSON.self, from: Data(contentsOf: path)) }

  /// The whole file as it should be.
  func generated() throws(RelayError) -> String {
    let fields: [(String, JSON)]
    switch self {
    case .values: fields = [("valid", .array(try ValidVectors.small.map(json)))]
    case .messages: fields = [("valid", .array(try ValidVectors.messages.map(json)))]
    case .invalid:
      fields = [
        ("invalid", .array(InvalidVectors.all.map(\.json))), ("truncated", .array(truncated)),
      ]
    case .chain: fields = ChainVectors.fields
    case .digest: fields = try DigestVectors.fields()
    }
    return JSON.object([("about", .string(about))] + fields).text() + "\n"
  }

  private var json: (ValidVector) throws(RelayError) -> JSON { { (vector) throws(RelayError) in try vector.json() } }

  private var truncated: [JSON] {
    MessageKind.allCases.map { kind in
      .object([
        ("name", .string("\(kind.vector.rawValue), cut anywhere")), ("kind", .string(kind.vector.rawValue)),
        ("hex", .hex(kind.samples[0])), ("error", .string(ErrorCode.malformedMessage.rawValue)),
      ])
    }
  }

  private var about: String {
    switch self {
    case .values: "Values, keys, sets of dots and cells: bytes and what they say."
    case .messages: "Every message, full and as small as it can be: bytes and what they say."
    case .invalid: "Bytes that must be refused, with the code; of 'truncated' every beginning that is not the whole."
    case .chain:
      "Three transactions of a replica in their hash chain, the hub's log over them, the third in parts, and names of forks."
    case .digest: "Hashes of rows, and their sums modulo 2^256."
    }
  }
}
