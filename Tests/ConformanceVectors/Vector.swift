package import RelayProtocol

/// A conformance vector as Protocol/conformance/README.md describes it.
package struct Vector: Sendable {
  package struct Device: Sendable {
    package var name: String
    package var role: String
    package var grants: [ScopeGrant]
    /// How far its clock is off, in milliseconds.
    package var skew: Int64
    /// SQL for UNIQUE constraints that only this device's tables have.
    package var constraints: String
    /// The schema that it starts with, where it is not the hub's.
    package var schema: String?
  }

  package var name: String
  package var title: String
  package var schema: String
  /// By name: replicas are numbered 1, 2, 3 in this order.
  package var devices: [Device]
  package var steps: [Step]
  package var end: JSON
  /// What a person wrote down that must hold at the end.
  package var must: [JSON]
  /// Why the vector cannot run against programs whose clocks, grants and replies no test can move.
  package var inProcessOnly: String?

  package init(_ json: JSON) throws(JSONError) {
    guard let name = json["name"]?.text, let schema = json["schema"]?.text, let devices = json["devices"]?.object,
      let steps = json["steps"]?.list, let end = json["end"]
    else { throw JSONError(description: "a vector has name, schema, devices, steps and end") }
    self.name = name
    self.title = json["title"]?.text ?? name
    self.schema = schema
    self.devices = devices.sorted { $0.key < $1.key }.map { name, spec in
      Device(
        name: name, role: spec["role"]?.text ?? "", grants: Vector.grants(spec["scopes"]),
        skew: spec["skew"]?.integer ?? 0, constraints: Vector.constraints(spec["unique"]),
        schema: spec["schema"]?.text)
    }
    self.steps = try steps.map { (step) throws(JSONError) in try Step(step) }
    self.end = end
    must = json["must"]?.list ?? []
    inProcessOnly = json["inProcessOnly"]?.text
  }

  /// `{"s/1": "rw"}` as the hub's grants.
  package static func grants(_ scopes: JSON?) -> [ScopeGrant] {
    (scopes?.object ?? [:]).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { scope, rights in
      let rights = rights.text ?? ""
      return ScopeGrant(scope: scope, readable: rights.contains("r"), writable: rights.contains("w"))
    }
  }

  /// `[["person", "area"]]` as the DDL of UNIQUE indexes.
  private static func constraints(_ unique: JSON?) -> String {
    (unique?.list ?? []).map { item in
      let names = (item.list ?? []).compactMap(\.text)
      let columns = names.dropFirst()
      return "CREATE UNIQUE INDEX one_\(names.joined(separator: "_")) ON \(names.first ?? "") "
        + "(\(columns.joined(separator: ", ")));"
    }.joined()
  }

  /// Every step, those between the pages of a pull too, in the order in which they happen.
  package var allSteps: [Step] { steps.flatMap { $0.between + [$0] } }

  /// Does the hub keep one history, all of it, from the beginning to the end?
  package var isOneHistory: Bool { allSteps.allSatisfy { ![.restore, .prune].contains($0.kind) } }
}

/// One step: what is done, and what must be observed after it.
package struct Step: Sendable {
  package enum Kind: String, Sendable {
    case write, resolve, push, pull, sync, deliver, grant, clock, copy, backup, restore, prune, age
  }

  package var kind: Kind
  package var device: String
  /// The step as it stands in the file.
  package var json: JSON
  package var between: [Step]

  init(_ json: JSON) throws(JSONError) {
    guard let kind = json["do"]?.text.flatMap(Kind.init) else {
      throw JSONError(description: "an unknown step: \(json)")
    }
    self.kind = kind
    self.json = json
    device = json["on"]?.text ?? ""
    between = try (json["between"]?.list ?? []).map { (step) throws(JSONError) in try Step(step) }
  }

  /// What is done, without what must be observed.
  package var deed: JSON {
    var members = json.object ?? [:]
    for observed in ["sealed", "shows", "back", "verdicts", "installed", "differs", "between"] {
      members[observed] = nil
    }
    return .object(members)
  }

  package var writes: [WriteItem] { (json["rows"]?.list ?? []).map(WriteItem.init) }
}

/// What one write does to one row, as an app would say it.
package struct WriteItem: Sendable {
  package var table: String
  package var key: [Value]
  /// Columns to assign; a row that is not there is inserted with them. Nil deletes the row.
  package var row: [String: JSON]?
  /// Columns to add a number to.
  package var add: [String: JSON]

  init(_ json: JSON) {
    table = json["table"]?.text ?? ""
    key = (json["key"]?.list ?? []).compactMap(\.value)
    row = json["row"] == .null ? nil : json["row"]?.object ?? [:]
    add = json["add"]?.object ?? [:]
  }
}
