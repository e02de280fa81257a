internal import RelayMerge
internal import RelayProtocol

/// What a commit through the API says of itself.
struct Commit {
  /// Empty for the replica's own author.
  var author = ""
  var mode = TransactionMode.merge
  /// What the author had seen, if not everything that this replica shows now.
  var moment: Moment?
  /// Of what is left of a lost history: what was seen there, in place of what this replica has seen of that of now.
  var past: Past?
  /// The newest own transaction that the author had seen; nil for the newest there is.
  var lastSeen: DotKey?
  var decisions: [RowID: [GroupID: Decision]] = [:]
  /// A conflict that it settles; what that means for the row is written first.
  var settlement: Settlement?
  /// When it was written, in milliseconds since 1970, where Relay looks at it only now.
  var writtenAt: Int64?

  init(
    author: String = "", mode: TransactionMode = .merge, moment: Moment? = nil,
    decisions: [RowID: [GroupID: Decision]] = [:]
  ) {
    (self.author, self.mode, self.moment, self.decisions) = (author, mode, moment, decisions)
  }

  init(_ settlement: Settlement, author: String = "", moment: Moment? = nil) {
    self.init(author: author, moment: moment, decisions: [settlement.row: [settlement.group: settlement.decision]])
    self.settlement = settlement
  }

  /// That of its header.
  func base(_ state: ReplicaState) -> UInt64 { past?.base ?? moment?.base ?? state.base }
}

extension Sealer {
  /// Seals a commit and shows what it comes to. That may be something else than was written: of what came in since the
  /// moment that the author had seen some stands beside it or wins, and a row that is to live again shows what this
  /// replica still knows of it.
  @discardableResult
  func commit(_ commit: Commit, on footing: CommitFooting? = nil) throws(RelayError) -> [Dot] {
    if let settlement = commit.settlement { try write(settlement) }
    let dots = try sealLog(.commit(commit), on: footing)
    if let settlement = commit.settlement, let dot = dots.last {
      try core.inbox.answered(settlement.id, by: dot, &core.changes.written)
    }
    var own = OwnTransactions()
    var rows = Set(commit.decisions.filter { $0.value[0]?.value == .flag(true) }.keys)
    for dot in commit.moment == nil ? [] : dots {
      if let key = try core.replicas.key(dot), let one = try own.own(key, core.stores) {
        rows.formUnion(one.changes.keys)
      }
    }
    guard !rows.isEmpty else { return dots }
    let state = try core.state()
    try core.view.applying { () throws(RelayError) in
      for row in rows.sorted() { try core.view.rebuild(row, try core.table(row.table), state, &own) }
    }
    return dots
  }

  private func write(_ settlement: Settlement) throws(RelayError) {
    let table = try core.table(settlement.row.table)
    let key = try settlement.row.values()
    switch settlement.write {
    case .nothing: break
    case .delete: try core.db.execute(core.sql(table).delete, key)
    case .set(let id, let values):
      guard let group = table.group(id) else { return }
      let sets = group.columns.map { SQL.name(table.columns[$0].name) + " = ?" }.joined(separator: ", ")
      let match = table.key.map { SQL.name(table.columns[$0].name) + " = ?" }.joined(separator: " AND ")
      try core.db.execute("UPDATE \(SQL.name(table.name)) SET \(sets) WHERE \(match)", values + key)
    }
  }

  /// Makes real operations of the choices that people wrote into `relay_inbox` (rule 14). A choice that cannot be is
  /// put back to NULL with the reason beside it, and stops nothing.
  ///
  /// - Returns: the dots sealed.
  func settleChoices() throws(RelayError) -> [Dot] {
    var dots: [Dot] = []
    for item in Mutation.isPlanted(.choicesWait) ? [] : try core.inbox.store.chosen() {
      do throws(RelayError) {
        dots += try core.db.savepoint { () throws(RelayError) in
          let resolution = try Resolution(choice: item.choice, core.db)
          var one = Commit(try settlement(of: item.id, by: resolution))
          one.writtenAt = item.at
          return try commit(one)
        }
      } catch {
        // What is the file's own trouble is not the choice's.
        guard ![.diskFull, .ioError, .corrupt, .busy, .readOnly].contains(error.code) else { throw error }
        let goesOn = core.db.isInTransaction
        try core.inbox.store.putBack(item.id, because: "this choice cannot be taken: \(error.message)")
        // A trigger of the app took everything back (`RAISE(ROLLBACK)`): the choice does not stand a second time, and nothing
        // goes on.
        guard goesOn else { throw error }
        core.changes.written.inbox = true
      }
    }
    return dots
  }
}
