internal import RelayProtocol

extension SyncSchema {
  /// The beginning of SHA-256 over a canonical CBOR form of everything that decides how a write is judged and merged
  /// (`schema-form` in Protocol/relay.cddl). Names of the schema, its tables, columns and groups are not in it: the wire
  /// carries ids, so that a rename concerns nobody else.
  static func hash(version: UInt64, roles: [String], tables: [TableSchema]) -> Hash128 {
    hash128(canonicalForm(version: version, roles: roles, tables: tables))
  }

  package var canonicalForm: [UInt8] {
    SyncSchema.canonicalForm(version: version, roles: roles, tables: tables)
  }

  private static func canonicalForm(version: UInt64, roles: [String], tables: [TableSchema]) -> [UInt8] {
    var out = CBORWriter(reserving: 4096)
    out.array(4)
    // The version of the form itself.
    out.unsigned(1)
    out.unsigned(version)
    out.list(roles) { $0.textString($1) }
    out.list(tables) { $0.table($1, roles: roles) }
    return out.bytes
  }
}

extension CBORWriter {
  fileprivate mutating func table(_ table: TableSchema, roles: [String]) {
    // Written only where it is said, so that the hash of every older schema stays.
    array(table.mayBeGivenAway ? 12 : 11)
    unsigned(UInt64(table.id))
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
    if table.mayBeGivenAway { bool(true) }
  }

  fileprivate mutating func column(_ column: ColumnSchema) {
    array(5)
    unsigned(UInt64(column.id))
    textString(column.type.rawValue)
    bool(column.isRequired)
    value(column.defaultValue)
    optional(column.allowed) { $0.value($1) }
  }

  fileprivate mutating func group(_ group: GroupSchema) {
    array(6)
    numbers(group.columns)
    textString(group.policy.name)
    optional(group.scale) { $0.value($1) }
    optional(group.writers) { $0.textString($1) }
    list(group.firstWriters) { $0.textString($1) }
    if let resolver = group.resolver { textString(resolver) } else { null() }
  }

  fileprivate mutating func template(_ rule: ScopeRule) {
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

  fileprivate mutating func access(_ access: TableAccess) {
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

  fileprivate mutating func numbers(_ list: [Int]) { self.list(list) { $0.unsigned(UInt64($1)) } }

  private mutating func optional<T>(_ list: [T]?, _ item: (inout CBORWriter, T) -> Void) {
    if let list { self.list(list, item) } else { null() }
  }

  fileprivate mutating func list<T>(_ list: [T], _ item: (inout CBORWriter, T) -> Void) {
    array(list.count)
    for one in list { item(&self, one) }
  }
}

// MARK: What differs

extension SyncSchema {
  /// The first thing in which two versions of a schema differ to hub and device, by name; nil where they are the same.
  package func difference(from other: SyncSchema) -> String? {
    guard canonicalForm != other.canonicalForm else { return nil }
    let (mine, theirs) = (parts, other.parts)
    for (a, b) in zip(mine, theirs) where a.bytes != b.bytes {
      return a.label == b.label ? a.label : "\(a.label) here, \(b.label) there"
    }
    guard mine.count != theirs.count else { return nil }
    return mine.count > theirs.count ? mine[theirs.count].label : theirs[mine.count].label
  }

  /// A part of the canonical form, with what people call it.
  fileprivate struct Part {
    var label: String
    var bytes: [UInt8]

    init(_ label: String, _ write: (inout CBORWriter) -> Void) {
      var out = CBORWriter()
      write(&out)
      self.label = label
      bytes = out.bytes
    }
  }

  private var parts: [Part] {
    [Part("the version") { $0.unsigned(version) }, Part("the roles") { out in out.list(roles) { $0.textString($1) } }]
      + tables.flatMap { $0.parts(roles) }
  }
}

extension TableSchema {
  fileprivate func parts(_ roles: [String]) -> [SyncSchema.Part] {
    typealias Part = SyncSchema.Part
    var parts = [Part("table '\(name)' (id \(id))") { $0.unsigned(UInt64(id)) }]
    for column in columns {
      parts.append(Part("column '\(name).\(column.name)' (id \(column.id))") { $0.column(column) })
    }
    parts.append(Part("the key of '\(name)'") { $0.numbers(key) })
    for group in groups {
      parts.append(Part("how '\(name).\(group.name)' merges or who writes it") { $0.group(group) })
    }
    let place = Part("scopes, homes or parent of '\(name)'") { out in
      for rule in scopes { out.template(rule) }
      out.null()
      for rule in homes { out.template(rule) }
      if let parent { out.numbers([parent.column, Int(parent.table)]) }
    }
    let rules = Part("unique, append or delete of '\(name)'") { out in
      for list in unique { out.numbers(list) }
      out.bool(isAppendOnly)
      out.bool(mayBeGivenAway)
      out.textString(deletes.rawValue)
    }
    parts += [place, rules]
    for role in roles {
      parts.append(Part("the access of '\(role)' to '\(name)'") { $0.access(access(role)) })
    }
    return parts
  }
}
