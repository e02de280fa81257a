/// How every message is laid out: a map with ascending numbers for keys, required fields first, then optional ones.
extension CBORReader {
  /// The next map key must be this one.
  mutating func field(_ key: UInt64) throws(RelayError) {
    guard try unsigned() == key else { throw malformed("expected field \(key)") }
  }

  /// What every message begins with: its count of fields, and the version as field 1. Another version is named before
  /// anything else is judged.
  ///
  /// - Parameter required: the fields that are never missing, numbered from 1.
  /// - Returns: the count of fields that follow these.
  mutating func message(_ what: String, fields required: Int) throws(RelayError) -> Int {
    let count = try map(most: Limits.fields)
    guard count > 0 else { throw malformed("\(what) without fields") }
    try field(1)
    let version = try unsigned()
    guard version == SyncRequest.version else {
      throw RelayError(.unsupportedVersion, "protocol version \(version); this side speaks \(SyncRequest.version)")
    }
    guard count >= required else { throw malformed("\(what) has at least \(required) fields") }
    return count - required
  }

  /// Fields that may be missing, ascending from the last required one; the body skips those that it does not know.
  mutating func optionalFields(
    _ count: Int, after required: UInt64, _ body: (UInt64, inout CBORReader) throws(RelayError) -> Void
  ) throws(RelayError) {
    var last = required
    for _ in 0..<count {
      let key = try unsigned()
      guard key > last else { throw malformed("fields out of order") }
      last = key
      try body(key, &self)
    }
  }

  /// Fields that only a newer peer knows.
  mutating func unknownFields(_ count: Int, after required: UInt64) throws(RelayError) {
    try optionalFields(count, after: required) { (_, reader) throws(RelayError) in try reader.skip() }
  }
}
