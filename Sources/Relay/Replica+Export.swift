internal import RelayMerge
internal import RelayProtocol

extension Replica {
  /// Every own transaction that is not in force at the hub: pending and refused ones, in their order, with the bytes as
  /// they were sealed. Nothing is changed; what foreign tools wrote is sealed first, unless the disk is full.
  public func exportPending() throws(RelayError) -> PendingExport {
    try sealWhatWasLeft()
    return try reading { (core) throws(RelayError) in try core.exportPending() }
  }
}

extension ReplicaCore {
  fileprivate func exportPending() throws(RelayError) -> PendingExport {
    let state = try state()
    let schema = schema
    let list = try refusals.all().map { (hash, refusal, bytes) throws(RelayError) in
      let transaction = try Transaction(decoding: bytes)
      return PendingExport.Exported(
        dot: "\(transaction.dot)", state: refusal == nil ? "pending" : "refused", reason: refusal,
        author: transaction.author, time: InstantText.utc(transaction.time.milliseconds), base: transaction.base,
        schemaVersion: transaction.schemaVersion,
        rows: transaction.rows.map { PendingExport.ExportedRow($0, schema) }, hash: hash.bytes.hexadecimal,
        bytes: bytes.hexadecimal)
    }
    return PendingExport(
      replica: state.replica.description, organisation: state.organisation.description, device: state.device,
      role: state.role, schema: schema.name, schemaVersion: schema.version, transactions: list)
  }
}

extension PendingExport.ExportedRow {
  fileprivate init(_ change: RowChange, _ schema: SyncSchema) {
    let table = schema.table(change.row.table)
    self.table = table?.name ?? "table \(change.row.table)"
    key = ((try? change.row.values()) ?? [.blob(change.row.key)]).map { PendingExport.ExportedValue($0) }
    base = change.base
    operations = change.operations.map { PendingExport.ExportedOperation($0, table) }
  }
}

extension PendingExport.ExportedOperation {
  fileprivate init(_ operation: Operation, _ table: TableSchema?) {
    func names(_ id: GroupID) -> [String] {
      guard let table, let group = table.group(id) else { return ["group \(id)"] }
      return group.columns.map { table.columns[$0].name }
    }
    func say(_ kind: String, _ group: GroupID? = nil, _ values: [Value] = []) {
      self.kind = kind
      columns = group.map(names) ?? []
      self.values = values.map { PendingExport.ExportedValue($0) }
    }
    (kind, columns, values) = ("", [], [])
    switch operation.kind {
    case .delete: say("delete")
    case .touch: say("touch")
    case .set(let group, let values): say("set", group, values)
    case .increment(let group, let delta): say("increment", group, [.integer(delta)])
    case .add(let group, let element): say("add", group, [element])
    case .remove(let group, let element): say("remove", group, [element])
    case .insert(let groups):
      kind = "insert"
      for given in groups {
        let names = names(given.group)
        columns += names
        // A set lists any number of elements; its column has one value.
        let isSet = table?.group(given.group)?.policy.hasElements == true
        values += (isSet ? [JSONSet.text(given.values)] : given.values).map { PendingExport.ExportedValue($0) }
      }
    }
  }
}
