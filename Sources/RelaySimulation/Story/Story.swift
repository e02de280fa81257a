/// What devices did, a line each, in the words in which the oracle tells it: what a run once found, kept for every later one.
/// Unlike a seed it says the same whatever becomes of the generator.
///
///     schema 0
///     device d1 field u1 u2          a device, its role, the units that it is granted; `*` for all
///     d1: UPDATE person …            SQL as one transaction
///     d1 shell: …                    the same by a tool that knows nothing of Relay
///     d1 opens a form
///     d1 saves its form: …
///     d1 is granted field u1         `field u1 u2, to write u1` where it may write less than it reads
///     d1 syncs                       until it is at rest
///     d1 settles phone of person p0 with 1    the value at this place of the inbox item; `(existence)` for the row
///     d1 loses an answer             its request arrives, and nothing comes back
///     d1 dies                        it is killed, and runs again
///     tells hub 17: d1 14 ok         how a line that is told then begins; without it the story is not the one it was
public struct Story: Sendable {
  enum Step: Sendable, Equatable {
    case write(device: Int, sql: String, by: Writer)
    case openForm(device: Int)
    case grant(device: Int, Rights)
    case sync(device: Int)
    case loseAnswer(device: Int)
    case die(device: Int)
    case settle(device: Int, name: Name, column: String, position: Int)
  }

  enum Writer: Sendable { case app, shell, form }

  var schema = 0
  var devices: [Configuration.Device] = []
  var steps: [Step] = []
  var tells: [String] = []

  /// - Throws: a sentence about the line that says nothing.
  public init(_ text: String) throws {
    for line in text.split(separator: "\n").map(String.init) where !line.hasPrefix("#") {
      guard try read(line) else { throw Broken("a story cannot say '\(line)'") }
    }
  }

  private mutating func read(_ line: String) throws -> Bool {
    let words = line.split(separator: " ").map(String.init)
    guard let first = words.first else { return true }
    switch first {
    case "schema": schema = words.count == 2 ? Int(words[1]) ?? -1 : -1
    case "device":
      guard words.count > 3 else { return false }
      devices.append(Configuration.Device(role: words[2], scopes: words[3...].map(Story.scope), skew: 0))
    case "tells": tells.append(String(line.dropFirst(6)))
    default: return act(line, first, words)
    }
    return OracleSchema.all.indices.contains(schema)
  }

  private mutating func act(_ line: String, _ first: String, _ words: [String]) -> Bool {
    let name = first.hasSuffix(":") ? String(first.dropLast()) : first
    guard name.hasPrefix("d"), let device = Int(name.dropFirst()), devices.indices.contains(device) else {
      return false
    }
    let rest = String(line.dropFirst(first.count + 1))
    if first.hasSuffix(":") {
      steps.append(.write(device: device, sql: rest, by: .app))
    } else if rest.hasPrefix("shell: ") {
      steps.append(.write(device: device, sql: String(rest.dropFirst(7)), by: .shell))
    } else if rest.hasPrefix("saves its form: ") {
      steps.append(.write(device: device, sql: String(rest.dropFirst(16)), by: .form))
    } else if rest.hasPrefix("is granted "), words.count > 3 {
      steps.append(.grant(device: device, Story.rights(String(rest.dropFirst(11)))))
    } else if words.count == 8, words[1] == "settles", let position = Int(words[7]) {
      let name = Name(table: words[4], id: words[5])
      steps.append(.settle(device: device, name: name, column: words[2], position: position))
    } else {
      switch rest {
      case "opens a form": steps.append(.openForm(device: device))
      case "syncs": steps.append(.sync(device: device))
      case "loses an answer": steps.append(.loseAnswer(device: device))
      case "dies": steps.append(.die(device: device))
      default: return false
      }
    }
    return true
  }

  private static func rights(_ text: String) -> Rights {
    let words = text.split { $0 == " " || $0 == "," }.map(String.init)
    let end = words.firstIndex(of: "to") ?? words.count
    let writable = end < words.count ? words[(end + 2)...].map(scope) : nil
    return Rights(role: words[0], scopes: words[1..<end].map(scope), writable: writable)
  }

  private static func scope(_ unit: String) -> String { unit == "*" ? unit : "unit/" + unit }
}
