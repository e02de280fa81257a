/// A page that was read strictly when it came and was kept since: nothing of it is built but what is asked for.
package struct KeptPage {
  package let grants: [ScopeGrant]
  package let role: String
  private let bytes: [UInt8]
  /// Where its rows begin.
  private let rows: Int

  /// - Throws: `malformed_message` where the bytes do not begin like a page.
  package init(_ bytes: [UInt8]) throws(RelayError) {
    let head = try CBORReader.begin(bytes) { (reader) throws(RelayError) in
      _ = try reader.array(4...5)
      return (try reader.grants(), try reader.textString(most: Limits.label), reader.offset)
    }
    (grants, role, rows) = head
    self.bytes = bytes
  }

  /// Lends one row after the other; `body` says whether to go on.
  package func walk(_ body: (inout RowCursor) throws(RelayError) -> Bool) throws(RelayError) {
    try RowCursor.walk(bytes, from: rows, body)
  }
}
