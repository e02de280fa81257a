internal import Organisation
internal import Relay

/// A SQL value in JSON: null, number or text as they are, what JSON cannot say as an object.
enum ValueAnswer: Encodable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  /// `{"blob": "00ff"}`
  case blob(String)

  private enum Key: CodingKey { case blob }

  init(_ value: Value) {
    self =
      switch value {
      case .null: .null
      case .integer(let x): .integer(x)
      case .real(let x): x.isFinite ? .real(x) : .text(value.description)
      case .text(let x): .text(x)
      case .malformedText(let x), .blob(let x): .blob(x.hexadecimal)
      }
  }

  /// What a cell shows: the values of its columns, a sum, or whether it is there.
  static func values(_ content: CellValue) -> [ValueAnswer] {
    switch content {
    case .values(let values): values.map(ValueAnswer.init)
    case .delta(let delta): [.integer(delta)]
    case .flag(let flag): [.text(flag ? "there" : "deleted")]
    }
  }

  func encode(to encoder: any Encoder) throws {
    if case .blob(let hex) = self {
      var object = encoder.container(keyedBy: Key.self)
      return try object.encode(hex, forKey: .blob)
    }
    var single = encoder.singleValueContainer()
    switch self {
    case .null, .blob: try single.encodeNil()
    case .integer(let x): try single.encode(x)
    case .real(let x): try single.encode(x)
    case .text(let x): try single.encode(x)
    }
  }
}

extension CellValue {
  /// For people: the values as SQL spells them, or codes by their words, joined by commas.
  ///
  /// - Parameter column: of a column or a column group; nil where that is not known.
  func text(_ column: String?, of table: String) -> String {
    switch self {
    case .values(let values):
      Names.values(values, column ?? "", of: table).joined(separator: Language.say(", ", "，"))
    case .delta(let delta): String(delta)
    case .flag(let flag): flag ? Language.say("there", "存在") : Language.say("deleted", "已删除")
    }
  }
}

/// One of the values that a conflict, a notice or a cell's history is about.
struct WriteAnswer: Encodable {
  var position: Int
  var shown: Bool
  var values: [ValueAnswer]
  var author: String
  var device: String
  var time: String?
  var replica: String
  var counter: UInt64
  var seq: UInt64

  init(_ value: InboxValue) {
    position = value.position
    shown = value.isShown
    values = ValueAnswer.values(value.content)
    author = value.author
    device = value.device
    time = value.time.map(Moment.text)
    replica = value.dot.replica.description
    counter = value.dot.counter
    seq = value.seq
  }
}
