internal import RelayProtocol

extension MergePolicy {
  /// The latest value that is not NULL, for fields of a form: who left a field empty does not take away what another
  /// filled in at the same time. Who had seen the value still empties it. Losers get a notice.
  public static let lastNonNull: MergePolicy = LastNonNull("last_non_null")
}

private final class LastNonNull: MergePolicy, @unchecked Sendable {
  override func shownWrite(_ writes: [CellWrite], _ group: GroupSchema) -> CellWrite? {
    writes.max { a, b in
      let (isA, isB) = (Self.isGiven(a), Self.isGiven(b))
      return isA == isB ? CellWrite.isEarlier(a, b) : isB
    }
  }

  override var reason: ShownReason { .latestGiven }

  /// A group of several columns is empty where all of them are.
  private static func isGiven(_ write: CellWrite) -> Bool {
    guard case .values(let values) = write.value, !Mutation.isPlanted(.nullWins) else { return false }
    return values.contains { !$0.isNull }
  }
}
