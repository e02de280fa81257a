internal import RelayProtocol

extension ReplicaCore {
  /// A clock that was wrong once does not win for ever (rule 12): where the hub took a write for earlier than its author
  /// did, the author's clock ran ahead, and its hybrid time comes back to what the hub fixed.
  func setBack(to verdict: Verdict) throws(RelayError) {
    guard let key = try replicas.key(verdict.dot), try outbox.ranAhead(key, of: verdict.effective) else { return }
    try outbox.setBack(to: verdict.effective)
    try db.execute("UPDATE relay_state SET time = ?1 WHERE time > ?1", [Value(verdict.effective)])
  }
}
