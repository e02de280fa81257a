import Relay

extension Schedule {
  /// Somebody deals with a refusal: forgets it, or writes it again, perhaps under another key.
  func putRight(_ witness: Witness) throws {
    let items = try witness.device.replica.inbox().filter { $0.kind == .refused }
    guard let item = items.randomElement(using: &random) else { return }
    let again = Int.random(in: 0..<3, using: &random) > 0
    var key: String?
    if again, Bool.random(using: &random) {
      key = (item.table == "visit" ? "v" : "p") + String(Int.random(in: 0..<6, using: &random))
      // Under its own key it is the same row.
      if key == item.key { key = nil }
    }
    count(again ? "resubmitted" : "discarded")
    story.append("\(witness.device.name) \(again ? "resubmits" : "discards") \(item.id) \(key ?? "")")
    try witness.putRight(item, again: again, key: key)
  }
}
