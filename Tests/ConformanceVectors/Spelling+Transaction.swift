internal import Relay
internal import RelayMerge
package import RelayProtocol

extension Spelling {
  package func transaction(_ transaction: Transaction) -> JSON {
    var members: [String: JSON] = [
      "dot": .text(dot(transaction.dot)), "role": .text(transaction.role),
      "base": .integer(Int64(transaction.base)),
      "seen": dots(transaction.seen), "time": Spelling.time(transaction.time),
      "rows": .list(
        transaction.rows.map { change in
          var members: [String: JSON] = [
            "row": .text(row(change.row)), "base": .integer(Int64(change.base)),
            "ops": .list(change.operations.map { operation($0, schema.table(change.row.table)) }),
          ]
          if let base = change.parentBase { members["parentBase"] = .integer(Int64(base)) }
          return JSON.object(members)
        }),
    ]
    if transaction.mode == .strict { members["strict"] = .bool(true) }
    return .object(members)
  }

  private func operation(_ operation: RelayProtocol.Operation, _ table: TableSchema?) -> JSON {
    func name(_ id: GroupID) -> JSON { .text(table?.group(id)?.name ?? "?") }
    var members: [String: JSON]
    switch operation.kind {
    case .delete: members = ["op": .text("delete")]
    case .touch: members = ["op": .text("touch")]
    case .set(let id, let values):
      members = ["op": .text("set"), "cell": name(id), "value": Spelling.pack(values)]
    case .increment(let id, let delta):
      members = ["op": .text("inc"), "cell": name(id), "value": .integer(delta)]
    case .add(let id, let element): members = ["op": .text("in"), "cell": name(id), "element": JSON(element)]
    case .remove(let id, let element): members = ["op": .text("out"), "cell": name(id), "element": JSON(element)]
    case .insert(let given):
      var cells: [String: JSON] = [:]
      for item in given {
        let group = table?.group(item.group)
        cells[group?.name ?? "?"] =
          group?.policy.hasElements == true ? .list(item.values.map { JSON($0) }) : Spelling.pack(item.values)
      }
      members = ["op": .text("insert"), "cells": .object(cells)]
    }
    if operation.resolves > 0 { members["resolves"] = .integer(Int64(operation.resolves)) }
    return .object(members)
  }

  package func verdict(_ verdict: Verdict) -> JSON {
    var members: [String: JSON] = [
      "dot": .text(dot(verdict.dot)), "seq": .integer(Int64(verdict.seq)), "time": Spelling.time(verdict.effective),
    ]
    if let refusal = verdict.refusal { members["refused"] = .text(refusal.rule.rawValue) }
    return .object(members)
  }

  // MARK: Reading

  /// A row's change as a vector's `sealed` has it.
  package func change(_ json: JSON) -> RowChange? {
    guard let row = json["row"]?.text.flatMap({ self.row($0) }), let table = schema.table(row.table) else { return nil }
    let operations = (json["ops"]?.list ?? []).compactMap { operation($0, table) }
    return RowChange(row: row, base: UInt64(json["base"]?.integer ?? 0), operations: operations)
  }

  private func operation(_ json: JSON, _ table: TableSchema) -> RelayProtocol.Operation? {
    let resolves = UInt64(json["resolves"]?.integer ?? 0)
    let group = json["cell"]?.text.flatMap { name in table.groups.first { $0.name == name } }
    switch (json["op"]?.text, group) {
    case ("delete", _): return Operation(.delete, resolves: resolves)
    case ("touch", _): return Operation(.touch, resolves: resolves)
    case ("set", let group?):
      return Operation(.set(group.id, Spelling.unpack(json["value"] ?? .null, group)), resolves: resolves)
    case ("inc", let group?): return Operation(.increment(group.id, json["value"]?.integer ?? 0), resolves: resolves)
    case ("in", let group?): return Operation(.add(group.id, json["element"]?.value ?? .null), resolves: resolves)
    case ("out", let group?): return Operation(.remove(group.id, json["element"]?.value ?? .null), resolves: resolves)
    case ("insert", _):
      let cells = json["cells"]?.object ?? [:]
      let given = table.groups.compactMap { group -> GroupValues? in
        guard let value = cells[group.name] else { return nil }
        let list = (value.list ?? []).compactMap(\.value)
        return GroupValues(group: group.id, values: group.policy == .set ? list : Spelling.unpack(value, group))
      }
      return Operation(.insert(given), resolves: resolves)
    default: return nil
    }
  }
}
