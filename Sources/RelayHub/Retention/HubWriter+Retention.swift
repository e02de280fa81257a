internal import RelayMerge
public import RelayProtocol

extension HubWriter {
  /// How much one step of pruning removes: so much that nobody who pushes waits long for it.
  public static let pruneBudget = 500

  /// Forgets a bounded piece of what is older than the retention. Where something stops between two steps nothing is half
  /// done; the next run begins with what is left.
  ///
  /// - Parameters:
  ///   - now: milliseconds since 1970.
  ///   - cursor: what the step before gave; nil begins a run.
  ///   - most: how much to remove.
  public func prune(
    now: Int64, from cursor: PruneCursor? = nil, most: Int = HubWriter.pruneBudget
  ) throws(RelayError) -> PruneStep {
    try session.write { (session) throws(RelayError) in
      try session.prune(now: now, from: cursor, most: most)
    }
  }

  /// Sets how long the hub keeps what is gone. What it has forgotten does not come back.
  ///
  /// - Throws: `usage` for what is no retention.
  public func setRetention(days: Int64) throws(RelayError) {
    try session.write { (session) throws(RelayError) in
      try session.store.settings.set(
        Retention.setting, try Retention.bytes(days: days, grace: session.grace))
      session.retention = days * Grace.dayLength
    }
  }
}

/// Exits by age.
extension HubWriter {
  /// Rows of a table leave all of their scopes once the month in a column is so many months ago, and those that follow
  /// them too; who is granted everything keeps them. `age` carries it out.
  ///
  /// - Parameters:
  ///   - column: a text that begins with year and month, `2017-10-31`; a row whose text does not stays.
  ///   - months: 1 to 1200; nil takes the rule back, and the rows come again.
  /// - Throws: `usage` for what the schema does not have, or where there is no rule to take back.
  public func setAgeing(table name: String, column: String?, months: Int64?) throws(RelayError) {
    try session.write { (session) throws(RelayError) in
      guard let table = session.schema.tables.first(where: { $0.name == name }) else {
        throw RelayError(.usage, "the sync schema has no table '\(name)'")
      }
      var rules = session.ageing
      let at = rules.firstIndex { $0.table == table.id }
      guard let months else {
        guard let at else { throw RelayError(.usage, "no rule says when rows of '\(name)' leave") }
        (rules[at].months, rules[at].place) = (0, nil)
        return try session.put(rules)
      }
      guard (1...1200).contains(months) else { throw RelayError(.usage, "rows leave after 1 to 1200 months") }
      guard let column = table.columns.first(where: { $0.name == column && $0.type == .text }) else {
        throw RelayError(.usage, "\(name).\(column ?? "") is no column of texts")
      }
      var rule = at.map { rules[$0] } ?? AgeingRule(table: table.id, column: column.id, months: months)
      // By another column other rows are over: all are looked at once more.
      if rule.column != column.id, !rule.month.isEmpty { rule.place = [] }
      (rule.column, rule.months) = (column.id, months)
      if let at { rules[at] = rule } else { rules.append(rule) }
      try session.put(rules)
    }
  }

  /// Carries the rules of `setAgeing` one bounded step on, as a transaction of the hub's own.
  ///
  /// - Returns: whom it concerns; nil where all rows lie as the rules say.
  public func age(now: Int64) throws(RelayError) -> GroupNews? {
    let session = session
    var connection: Int?
    let news = try session.store.transaction { () throws(RelayError) -> GroupNews? in
      try session.refresh()
      session.news = GroupNews(head: 0)
      return try session.inGroup { () throws(RelayError) in
        let before = try session.head()
        guard try session.age(now: now) else { return nil }
        session.news.head = try session.head()
        if session.news.head > before { try session.store.news.add(session.news) }
        connection = try nameOrder(after: before).connection
        return session.news
      }
    }
    if let connection { committed(over: connection) }
    session.store.announce()
    return news
  }
}
