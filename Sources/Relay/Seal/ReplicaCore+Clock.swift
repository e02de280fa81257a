internal import RelayProtocol

extension ReplicaCore {
  /// A clock that was wrong once does not win for ever (rule 12): where the hub took a write for earlier than its author
  /// did, the author's clock ran ahead, and its hybrid time comes back to what the hub fixed.
  func setBack(to verdict: Verdict) throws(RelayError) {
    let effective = Value.integer(Int64(bitPattern: verdict.effective.bits))
    let ranAhead = "SELECT 1 FROM relay_transaction WHERE counter = ? AND time > ?"
    guard try db.first(ranAhead, [Value(verdict.dot.counter), effective]) != nil else { return }
    try db.execute("UPDATE relay_transaction SET time = ?1 WHERE time > ?1", [effective])
    try db.execute("UPDATE relay_state SET time = ?1 WHERE time > ?1", [effective])
  }
}
