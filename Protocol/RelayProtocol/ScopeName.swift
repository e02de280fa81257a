// The tables of Unicode that the standard library compares strings by, as Foundation on Linux uses them too.
@_spi(_Unicode) import Swift

/// Names of scopes compare as bytes on every side: in Swift, in SQL, in a client of another language (rule 29).
///
/// Swift takes two spellings of one text for the same string, SQL takes them for two. So only one spelling of a text is
/// a scope's name, the one that Unicode calls normalisation form C; any other is refused where it would come in: from
/// the wire, from an operator, from a row. Among such names equality of strings is equality of bytes, and their order
/// is that of their bytes.
extension String {
  /// May a scope be called so? 1 to `Limits.scopeName` bytes, in normalisation form C.
  public var isScopeName: Bool { !isEmpty && utf8.count <= Limits.scopeName && isNormal }

  /// Is the text spelled in Unicode's normalisation form C?
  ///
  /// - Complexity: O(bytes); texts of ASCII are not looked up.
  package var isNormal: Bool {
    if utf8.allSatisfy({ $0 < 0x80 }) { return true }
    return unicodeScalars.elementsEqual(_nfc)
  }
}

extension CBORReader {
  mutating func scopeName() throws(RelayError) -> String {
    let name = try textString(most: Limits.scopeName)
    guard name.isNormal else { throw malformed("a scope's name that is not in normalisation form C") }
    return name
  }
}
