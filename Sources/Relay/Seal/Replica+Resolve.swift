internal import RelayMerge
public import RelayProtocol

/// How a person settles a conflict.
public enum Resolution: Sendable, Equatable {
  /// Take one of the values listed, by its position.
  case sibling(Int)
  /// Something else: the values of the entry's column group, in the order of its columns.
  case values([Value])
}

extension Replica {
  /// Resolves a conflict: an ordinary write that says which entry it settles, also where it keeps the value shown.
  ///
  /// - Parameters:
  ///   - id: of an inbox item of kind `conflict`.
  ///   - moment: what the author had in front of them, if a sync may have run since: a value that came later is not
  ///     settled by it, and the conflict stays open.
  /// - Throws: `moment_void`, `entry_unknown` when it is not there (any more) or its row was deleted here,
  ///   `value_not_allowed` for a choice that it does not have.
  public func resolve(
    _ id: String, _ resolution: Resolution, author: String = "", seenAt moment: Moment? = nil
  ) throws(RelayError) {
    try changing { (core) throws(RelayError) in
      try core.sealer.sealResidue()
      let settlement = try core.sealer.settlement(of: id, by: resolution)
      try core.sealer.commit(Commit(settlement, author: author, moment: moment))
    }
  }
}
