internal import RelayProtocol

extension SyncSchema {
  /// The beginning of SHA-256 over a canonical CBOR form of everything that decides how a write is judged and merged
  /// (`schema-form` in Protocol/relay.cddl).
  static func hash(name: String, version: UInt64, roles: [String], tables: [TableSchema]) -> Hash128 {
    hash128(canonicalForm(name: name, version: version, roles: roles, tables: tables))
  }

  package var canonicalForm: [UInt8] {
    SyncSchema.canonicalForm(name: name, version: version, roles: roles, tables: tables)
  }

  private static func canonicalForm(
    name: String, version: UInt64, roles: [String], tables: [TableSchema]
  ) -> [UInt8] {
    var out = CBORWriter(reserving: 4096)
    out.array(5)
    // The version of the form itself.
    out.unsigned(1)
    out.textString(name)
    out.unsigned(version)
    out.list(roles) { $0.textString($1) }
    out.list(tables) { $0.table($1, roles: roles) }
    return out.bytes
  }
}

extension CBORWriter {
  fileprivate mutating func table(_ table: TableSchema, roles: [String]) {
    array(12)
    unsigned(UInt64(table.id))
    textString(table.name)
    list(table.columns) { $0.column($1) }
    numbers(table.key)
    list(table.groups) { $0.group($1) }
    list(table.scopes) { $0.template($1) }
    list(table.homes) { $0.template($1) }
    if let parent = table.parent { numbers([parent.column, Int(parent.table)]) } else { null() }
    list(table.unique) { $0.numbers($1) }
    bool(table.isAppendOnly)
    textString(table.deletes.rawValue)
    list(roles) { $0.access(table.access($1)) }
  }

  private mutating func column(_ column: ColumnSchema) {
    array(6)
    unsigned(UInt64(column.id))
    textString(column.name)
    textString(column.type.rawValue)
    bool(column.isRequired)
    value(column.defaultValue)
    optional(column.allowed) { $0.value($1) }
  }

  private mutating func group(_ group: GroupSchema) {
    array(6)
    numbers(group.columns)
    textString(group.policy.rawValue)
    optional(group.scale) { $0.value($1) }
    optional(group.writers) { $0.textString($1) }
    list(group.firstWriters) { $0.textString($1) }
    if let resolver = group.resolver { textString(resolver) } else { null() }
  }

  private mutating func template(_ rule: ScopeRule) {
    list(rule.parts) { out, part in
      out.array(2)
      switch part {
      case .literal(let text):
        out.unsigned(0)
        out.textString(text)
      case .column(let at):
        out.unsigned(1)
        out.unsigned(UInt64(at))
      case .each(let at):
        out.unsigned(2)
        out.unsigned(UInt64(at))
      }
    }
  }

  private mutating func access(_ access: TableAccess) {
    array(5)
    bool(access.reads)
    bool(access.writes)
    numbers(access.hidden.map(Int.init).sorted())
    optional(access.writable?.sorted()) { $0.unsigned(UInt64($1)) }
    switch access.upOnly {
    case .never: bool(false)
    case .always: bool(true)
    case .matching(let matches):
      list(matches) { out, match in
        out.array(2)
        out.unsigned(UInt64(match.column))
        out.value(match.value)
      }
    }
  }

  private mutating func numbers(_ list: [Int]) { self.list(list) { $0.unsigned(UInt64($1)) } }

  private mutating func optional<T>(_ list: [T]?, _ item: (inout CBORWriter, T) -> Void) {
    if let list { self.list(list, item) } else { null() }
  }

  fileprivate mutating func list<T>(_ list: [T], _ item: (inout CBORWriter, T) -> Void) {
    array(list.count)
    for one in list { item(&self, one) }
  }
}
