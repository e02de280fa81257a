internal import RelayProtocol

/// Everything of a replica that is not in force at the hub: what waits and what was refused, for people to read and for
/// a program to send once there is a way. Encode it with any encoder; the bytes are hexadecimal.
public struct PendingExport: Codable, Sendable, Equatable {
  public var replica: String
  public var organisation: String
  public var device: String
  public var role: String
  /// The name and version of the sync schema that names tables and columns here.
  public var schema: String
  public var schemaVersion: UInt64
  public var transactions: [Exported]

  /// One transaction, as its author sealed it.
  public struct Exported: Codable, Sendable, Equatable {
    public var dot: String
    /// `pending` or `refused`.
    public var state: String
    /// Why it was refused.
    public var reason: String?
    public var author: String
    /// UTC, as the device's clock had it.
    public var time: String
    public var base: UInt64
    /// The least version of the sync schema that knows what it writes.
    public var schemaVersion: UInt64
    public var rows: [ExportedRow]
    /// H(T), over the previous transaction's and the bytes.
    public var hash: String
    public var bytes: String
  }

  public struct ExportedRow: Codable, Sendable, Equatable {
    public var table: String
    public var key: [ExportedValue]
    public var base: UInt64
    public var operations: [ExportedOperation]
  }

  public struct ExportedOperation: Codable, Sendable, Equatable {
    /// `insert`, `set`, `increment`, `add`, `remove`, `delete` or `touch`.
    public var kind: String
    /// The columns written, in the order of `values`.
    public var columns: [String]
    public var values: [ExportedValue]
  }

  /// A value as JSON has it; a blob, and text that is no UTF-8, as an object with its bytes.
  public enum ExportedValue: Codable, Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case bytes(String)

    private enum Key: CodingKey { case bytes }

    public init(from decoder: any Swift.Decoder) throws {
      if let object = try? decoder.container(keyedBy: Key.self) {
        self = .bytes(try object.decode(String.self, forKey: .bytes))
        return
      }
      let single = try decoder.singleValueContainer()
      if single.decodeNil() {
        self = .null
      } else if let integer = try? single.decode(Int64.self) {
        self = .integer(integer)
      } else if let real = try? single.decode(Double.self) {
        self = .real(real)
      } else {
        self = .text(try single.decode(String.self))
      }
    }

    public func encode(to encoder: any Swift.Encoder) throws {
      if case .bytes(let text) = self {
        var object = encoder.container(keyedBy: Key.self)
        return try object.encode(text, forKey: .bytes)
      }
      var single = encoder.singleValueContainer()
      switch self {
      case .null, .bytes: try single.encodeNil()
      case .integer(let x): try single.encode(x)
      // JSON has no infinities.
      case .real(let x): if x.isFinite { try single.encode(x) } else { try single.encode("\(x)") }
      case .text(let x): try single.encode(x)
      }
    }
  }
}

extension PendingExport.ExportedValue {
  init(_ value: Value) {
    switch value {
    case .null: self = .null
    case .integer(let x): self = .integer(x)
    case .real(let x): self = .real(x)
    case .text(let x): self = .text(x)
    case .malformedText(let x), .blob(let x): self = .bytes(x.hexadecimal)
    }
  }
}
