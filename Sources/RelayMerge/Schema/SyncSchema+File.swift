public import RelayProtocol

extension SyncSchema {
  /// Reads and checks a sync schema file.
  ///
  /// - Parameters:
  ///   - json: UTF-8; the format is docs/sync-schema.md.
  ///   - resolvers: the functions that this program has for columns with the policy `resolver`.
  /// - Throws: `schema_invalid`, naming the table and column.
  public convenience init(json: [UInt8], resolvers: Resolvers = Resolvers()) throws(RelayError) {
    let file: SchemaFile
    do {
      file = try SchemaFile.parse(json)
    } catch {
      throw RelayError(.schemaInvalid, "the sync schema is not the JSON it should be: \(error)")
    }
    try self.init(file, resolvers, source: json)
  }

  /// - Throws: `schema_invalid`.
  convenience init(_ file: SchemaFile, _ resolvers: Resolvers, source: [UInt8] = []) throws(RelayError) {
    guard file.version >= 1, file.version < Limits.sequence else { throw .schema("version must be 1 or more") }
    guard file.tables.count <= Limits.tables else { throw .schema("more than \(Limits.tables) tables") }
    try SyncSchema.checkRoles(file.roles)
    try SyncSchema.distinct(file.tables.map { String($0.id) }, "table id")
    try SyncSchema.distinct(file.tables.map { SyncSchema.folded($0.name) }, "table name")
    let ids = Dictionary(uniqueKeysWithValues: file.tables.map { ($0.name, $0.id) })
    var tables: [TableSchema] = []
    for table in file.tables { tables.append(try TableSchema(table, roles: file.roles, tableIDs: ids, resolvers)) }
    for table in tables {
      var seen: Set<UInt32> = [table.id]
      var at = table
      while let parent = at.parent, let next = tables.first(where: { $0.id == parent.table }) {
        guard next.key.count == 1 else { throw .schema("\(at.name): a parent needs a key of one column") }
        // A table may be its own parent: its scopes say where a row without one lies.
        if next.id == at.id { break }
        guard seen.insert(next.id).inserted else { throw .schema("\(table.name): its parents form a circle") }
        at = next
      }
    }
    try file.checkHistory(tables)
    self.init(file, tables, resolvers, source)
  }

  static func distinct(_ names: [String], _ what: String) throws(RelayError) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted { throw .schema("\(what) \(name) stands twice") }
  }

  private static func checkRoles(_ roles: [String]) throws(RelayError) {
    try distinct(roles, "role")
    for role in roles {
      guard role.isPlainLabel, role != unenrolledRole else {
        throw .schema(
          "'\(role)' is no name for a role (1 to \(Limits.label) bytes, no control characters, not \(unenrolledRole))")
      }
    }
  }

  /// Names are SQLite's business: any that it takes in quotes, and the same where it takes them for the same. None may be
  /// SQLite's or Relay's own.
  static func checkName(_ name: String) throws(RelayError) {
    let folded = folded(name)
    guard !name.isEmpty, name.utf8.count <= Limits.identifier, !name.utf8.contains(0),
      !folded.hasPrefix("sqlite_"), !folded.hasPrefix("relay_")
    else {
      throw .schema(
        "'\(name)' is no name for a table or column (1 to \(Limits.identifier) bytes; not sqlite_… or relay_…)")
    }
  }

  /// As SQLite compares names: without regard to the case of ASCII letters.
  static func folded(_ name: String) -> String {
    String(
      decoding: name.utf8.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}

extension RelayError {
  static func schema(_ message: String) -> RelayError { RelayError(.schemaInvalid, message) }
}

extension Value {
  init(_ literal: SchemaFile.Literal?) {
    switch literal {
    case nil, .null: self = .null
    case .integer(let x): self = .integer(x)
    case .real(let x): self = .real(x)
    case .text(let x): self = .text(x)
    }
  }
}

extension TableSchema {
  convenience init(
    _ file: SchemaFile.Table, roles: [String], tableIDs: [String: UInt32], _ resolvers: Resolvers
  ) throws(RelayError) {
    let place = file.name
    try SyncSchema.checkName(file.name)
    guard file.id >= 1 else { throw .schema("\(place): ids start at 1") }
    guard file.columns.count <= Limits.columns else { throw .schema("\(place): more than \(Limits.columns) columns") }
    try SyncSchema.distinct(file.columns.map { String($0.id) }, "\(place): column id")
    try SyncSchema.distinct(file.columns.map { SyncSchema.folded($0.name) }, "\(place): column")
    let sorted = file.columns.sorted { $0.id < $1.id }
    var position: [String: Int] = [:]
    var columns: [ColumnSchema] = []
    for (at, column) in sorted.enumerated() {
      try SyncSchema.checkName(column.name)
      guard column.id >= 1 else { throw .schema("\(place).\(column.name): ids start at 1") }
      guard let type = ColumnType(rawValue: column.type ?? "any") else {
        throw .schema("\(place).\(column.name): unknown type '\(column.type ?? "")'")
      }
      position[column.name] = at
      columns.append(
        ColumnSchema(
          id: column.id, name: column.name, since: file.firstVersion(of: column), type: type,
          isRequired: column.required ?? false,
          defaultValue: Value(column.default), allowed: column.values?.map { Value($0) }))
    }
    func at(_ name: String) throws(RelayError) -> Int {
      guard let at = position[name] else { throw .schema("\(place): there is no column '\(name)'") }
      return at
    }
    var key: [Int] = []
    for name in file.key { key.append(try at(name)) }
    guard !key.isEmpty, key.count <= Limits.keyColumns, Set(key).count == key.count else {
      throw .schema("\(place): a key has 1 to \(Limits.keyColumns) different columns")
    }
    let isAppendOnly = file.append ?? false
    let groups = try TableSchema.groups(file, sorted, columns, key, isAppendOnly, resolvers, at)
    var scopes: [ScopeRule] = []
    for text in file.scopes ?? [] { scopes.append(try ScopeRule(text, place, at)) }
    var homes: [ScopeRule] = []
    for text in file.homes ?? [] { homes.append(try ScopeRule(text, place, at)) }
    var parent: ParentRule?
    if let rule = file.parent {
      guard let table = tableIDs[rule.table] else { throw .schema("\(place): there is no table '\(rule.table)'") }
      parent = ParentRule(column: try at(rule.column), table: table)
    }
    if let parent, parent.table == file.id {
      guard !scopes.isEmpty else {
        throw .schema("\(place): a table that is its own parent needs scopes, for the rows that have no parent")
      }
    } else {
      guard (parent == nil) != scopes.isEmpty else { throw .schema("\(place): either scopes or a parent, not both") }
    }
    let unique = try TableSchema.unique(file, groups, at)
    var rules: [String: AccessRule] = [:]
    for (role, rule) in (file.access ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard roles.contains(role) else { throw .schema("\(place): there is no role '\(role)'") }
      rules[role] = try AccessRule(rule, columns, key, place, at)
    }
    guard let deletes = DeleteRule(rawValue: file.delete ?? (isAppendOnly ? "never" : "update_wins")) else {
      throw .schema("\(place): delete is 'update_wins', 'delete_wins' or 'never'")
    }
    guard !isAppendOnly || deletes == .never else {
      throw .schema("\(place): rows of an append table are never deleted")
    }
    if let name = file.seqColumn {
      try SyncSchema.checkName(name)
      guard position[name] == nil else { throw .schema("\(place): the seqColumn '\(name)' cannot be a synced column") }
    }
    self.init(
      id: file.id, name: file.name, since: file.firstVersion, columns: columns, key: key, groups: groups,
      scopes: scopes, homes: homes, parent: parent, unique: unique, isAppendOnly: isAppendOnly,
      mayBeGivenAway: file.giveAway ?? false, deletes: deletes, rules: rules, roles: roles, seqColumn: file.seqColumn)
  }

  private static func unique(
    _ file: SchemaFile.Table, _ groups: [GroupSchema], _ at: (String) throws(RelayError) -> Int
  ) throws(RelayError) -> [[Int]] {
    var lists: [[Int]] = []
    for names in file.unique ?? [] {
      var list: [Int] = []
      for name in names {
        let position = try at(name)
        if let group = groups.first(where: { $0.columns.contains(position) }), !group.policy.mayBeUnique {
          throw .schema("\(file.name).\(name): a \(group.policy) cannot be unique")
        }
        list.append(position)
      }
      guard !list.isEmpty, Set(list).count == list.count else {
        throw .schema("\(file.name): a unique key names one or more different columns")
      }
      lists.append(list)
    }
    return lists
  }

  private static func groups(
    _ file: SchemaFile.Table, _ sorted: [SchemaFile.Column], _ columns: [ColumnSchema], _ key: [Int],
    _ isAppendOnly: Bool, _ resolvers: Resolvers, _ at: (String) throws(RelayError) -> Int
  ) throws(RelayError) -> [GroupSchema] {
    var taken = Set(key)
    var groups: [GroupSchema] = []
    func policy(_ name: String?, _ label: String) throws(RelayError) -> MergePolicy {
      guard let policy = MergePolicy.named(name ?? (isAppendOnly ? "immutable" : "lww")) else {
        throw .schema("\(file.name).\(label): unknown policy '\(name ?? "")'")
      }
      return policy
    }
    func function(_ name: String?, _ policy: MergePolicy, _ label: String) throws(RelayError) -> Resolvers.Function? {
      guard (name != nil) == policy.takesFunction else {
        throw .schema("\(file.name).\(label): 'resolver' names the function of the policy 'resolver', and only there")
      }
      return name.flatMap { resolvers[$0] }
    }
    for group in file.groups ?? [] {
      var members: [Int] = []
      for name in group.columns {
        let position = try at(name)
        guard taken.insert(position).inserted else { throw .schema("\(file.name): '\(name)' is in two groups") }
        members.append(position)
      }
      members.sort()
      guard let first = members.first else { throw .schema("\(file.name): group '\(group.name)' is empty") }
      let policy = try policy(group.policy, group.name)
      guard members.count == 1 || !policy.isOfOneColumn else {
        throw .schema("\(file.name): group '\(group.name)' cannot merge by \(policy)")
      }
      groups.append(
        GroupSchema(
          id: columns[first].id, name: group.name, columns: members, policy: policy, scale: nil,
          writers: group.writers ?? sorted[first].writers, firstWriters: group.first ?? sorted[first].first ?? [],
          defaults: members.map { columns[$0].defaultValue }, resolver: group.resolver,
          resolve: try function(group.resolver, policy, group.name)))
    }
    for (position, column) in sorted.enumerated() where !taken.contains(position) {
      let policy = try policy(column.policy, column.name)
      if let problem = policy.problem(default: columns[position].defaultValue) {
        throw .schema("\(file.name).\(column.name): \(problem)")
      }
      groups.append(
        GroupSchema(
          id: column.id, name: column.name, columns: [position], policy: policy,
          scale: column.scale?.map { Value($0) }, writers: column.writers, firstWriters: column.first ?? [],
          defaults: [columns[position].defaultValue], resolver: column.resolver,
          resolve: try function(column.resolver, policy, column.name)))
    }
    return groups.sorted { $0.id < $1.id }
  }
}

extension AccessRule {
  init(
    _ file: SchemaFile.Access, _ columns: [ColumnSchema], _ key: [Int], _ table: String,
    _ at: (String) throws(RelayError) -> Int
  ) throws(RelayError) {
    reads = file.read ?? false
    writes = file.write ?? false
    for name in file.hidden ?? [] {
      let position = try at(name)
      guard !key.contains(position) else { throw .schema("\(table).\(name): a key column cannot be hidden") }
      hidden.insert(columns[position].id)
    }
    if let names = file.columns {
      var ids: Set<UInt32> = []
      for name in names { ids.insert(columns[try at(name)].id) }
      writable = ids
    }
    switch file.upOnly {
    case nil, .all(false): upOnly = .never
    case .all(true): upOnly = .always
    case .matching(let list):
      var matches: [(column: Int, value: Value)] = []
      for item in list { matches.append((try at(item.column), Value(item.equals))) }
      upOnly = .matching(matches)
    }
  }
}

extension MergePolicy {
  /// Every policy that a schema may name.
  static let all: [MergePolicy] = [
    .lww, .lastNonNull, .ask, .authority, .max, .min, .counter, .set, .immutable, .resolver,
  ]

  static func named(_ name: String) -> MergePolicy? { all.first { $0.name == name } }
}

extension ScopeRule {
  init(_ text: String, _ table: String, _ at: (String) throws(RelayError) -> Int) throws(RelayError) {
    var parts: [Part] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      if open > rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
      guard let close = rest[open...].firstIndex(of: "}") else { throw .schema("\(table): '\(text)' lacks a }") }
      let name = String(rest[rest.index(after: open)..<close])
      parts.append(name.hasPrefix("each ") ? .each(try at(String(name.dropFirst(5)))) : .column(try at(name)))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { parts.append(.literal(String(rest))) }
    guard !parts.isEmpty else { throw .schema("\(table): an empty scope") }
    self.init(parts: parts)
  }
}
