internal import RelayProtocol

/// What a commit through the API left behind, for the next one to go on from where nobody has written since: nothing waits to
/// be sealed then, and nothing has to be read again.
struct CommitFooting {
  var state: ReplicaState
  /// X, the commit's own dot with it.
  var seen: DotSet
  /// Is there a row that left and is still shown?
  var hasLeft: Bool
}

extension ReplicaCore {
  /// To be asked inside a transaction, before it changes anything.
  func standingFooting() -> CommitFooting? {
    guard let footing, footing.version == db.dataVersion else { return nil }
    return footing.left
  }
}
