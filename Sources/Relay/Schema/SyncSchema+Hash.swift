internal import RelayProtocol

extension SyncSchema {
  /// SHA-256 over a canonical CBOR form of everything that decides how a write is judged and merged.
  static func hash(name: String, version: UInt64, roles: [String], tables: [TableSchema]) -> Hash128 {
    var out = CBORWriter(reserving: 4096)
    out.textString(name)
    out.unsigned(version)
    for role in roles { out.textString(role) }
    for table in tables { out.table(table, roles: roles) }
    return hash128(out.bytes)
  }
}

extension CBORWriter {
  fileprivate mutating func table(_ table: TableSchema, roles: [String]) {
    unsigned(UInt64(table.id))
    textString(table.name)
    array(table.columns.count)
    for column in table.columns {
      unsigned(UInt64(column.id))
      textString(column.name)
      textString(column.type.rawValue)
      bool(column.isRequired)
      value(column.defaultValue)
      list(column.allowed)
    }
    positions(table.key)
    for group in table.groups {
      positions(group.columns)
      textString(group.policy.rawValue)
      list(group.scale)
      names(group.writers)
      names(group.firstWriters)
      names(group.resolver.map { [$0] })
    }
    rules(table.scopes)
    rules(table.homes)
    if let parent = table.parent {
      positions([parent.column, Int(parent.table)])
    } else {
      null()
    }
    array(table.unique.count)
    for list in table.unique { positions(list) }
    bool(table.isAppendOnly)
    textString(table.deletes.rawValue)
    for role in roles {
      let access = table.access(role)
      bool(access.reads)
      bool(access.writes)
      positions(access.hidden.map(Int.init).sorted())
      if let writable = access.writable { positions(writable.map(Int.init).sorted()) } else { null() }
      switch access.upOnly {
      case .never: unsigned(0)
      case .always: unsigned(1)
      case .matching(let list):
        array(list.count)
        for item in list {
          unsigned(UInt64(item.column))
          value(item.value)
        }
      }
    }
  }

  private mutating func positions(_ list: [Int]) {
    array(list.count)
    for item in list { unsigned(UInt64(item)) }
  }

  private mutating func names(_ list: [String]?) {
    guard let list else { return null() }
    array(list.count)
    for item in list { textString(item) }
  }

  private mutating func list(_ values: [Value]?) {
    guard let values else { return null() }
    array(values.count)
    for item in values { value(item) }
  }

  private mutating func rules(_ rules: [ScopeRule]) {
    array(rules.count)
    for rule in rules {
      array(rule.parts.count * 2)
      for part in rule.parts {
        switch part {
        case .literal(let text):
          unsigned(0)
          textString(text)
        case .column(let at):
          unsigned(1)
          unsigned(UInt64(at))
        case .each(let at):
          unsigned(2)
          unsigned(UInt64(at))
        }
      }
    }
  }
}
