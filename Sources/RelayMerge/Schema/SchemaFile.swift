internal import FoundationEssentials

/// The sync schema file as it is written: JSON, before anything of it is believed.
struct SchemaFile: Decodable {
  var name: String
  var version: UInt64
  var oldest: UInt64?
  var roles: [String]
  var tables: [Table]

  struct Table: Decodable {
    var id: UInt32
    var name: String
    var since: UInt64?
    var key: [String]
    var columns: [Column]
    var groups: [Group]?
    var scopes: [String]?
    var homes: [String]?
    var parent: Parent?
    var unique: [[String]]?
    var append: Bool?
    var giveAway: Bool?
    var delete: String?
    var access: [String: Access]?
    var seqColumn: String?
  }

  struct Column: Decodable {
    var id: UInt32
    var name: String
    var since: UInt64?
    var type: String?
    var policy: String?
    var scale: [Literal]?
    var resolver: String?
    var required: Bool?
    var `default`: Literal?
    var values: [Literal]?
    var writers: [String]?
    var first: [String]?
  }

  struct Group: Decodable {
    var name: String
    var columns: [String]
    var policy: String
    var resolver: String?
    var writers: [String]?
    var first: [String]?
  }

  struct Parent: Decodable {
    var column: String
    var table: String
  }

  struct Access: Decodable {
    var read: Bool?
    var write: Bool?
    var hidden: [String]?
    var columns: [String]?
    var upOnly: UpOnly?
  }

  enum UpOnly: Decodable {
    case all(Bool)
    case matching([Match])

    struct Match: Decodable {
      var column: String
      var equals: Literal
    }

    init(from decoder: any Swift.Decoder) throws {
      let single = try decoder.singleValueContainer()
      if let all = try? single.decode(Bool.self) {
        self = .all(all)
      } else {
        self = .matching(try single.decode([Match].self))
      }
    }
  }

  /// A JSON scalar: the values that a schema can name.
  enum Literal: Decodable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)

    init(from decoder: any Swift.Decoder) throws {
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
  }

  static func parse(_ json: [UInt8]) throws -> SchemaFile {
    try JSONDecoder().decode(SchemaFile.self, from: Data(json))
  }
}
