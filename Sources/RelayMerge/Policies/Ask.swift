internal import RelayProtocol

extension MergePolicy {
  /// As lww, and an entry stays open until a person settles it.
  public static let ask: MergePolicy = Ask("ask")
}

private final class Ask: MergePolicy, @unchecked Sendable {
  override var losersGet: Loss { Mutation.isPlanted(.noEntry) ? .history : .entry }
}
