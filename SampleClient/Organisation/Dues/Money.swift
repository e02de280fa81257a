package import Relay

/// Money in minor units; people write it with a point and two digits.
package enum Money {
  package static func text(_ fen: Int) -> String {
    (fen < 0 ? "-" : "") + "\(abs(fen) / 100)." + digits(abs(fen) % 100, 2)
  }

  /// - Throws: `value_not_allowed` for anything but a positive sum below a million.
  package static func fen(_ text: String) throws(RelayError) -> Int {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let allDigits = parts.allSatisfy { part in
      part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
    guard (1...2).contains(parts.count), allDigits, !parts[0].isEmpty,
      parts.count == 1 || (1...2).contains(parts[1].utf8.count)
    else { throw refusal(text) }
    guard let whole = Int(parts[0]), whole < 1_000_000 else {
      throw RelayError(
        .valueNotAllowed, "\(text) is too much for one entry",
        advice: "Nothing was changed. A sum stays below 1000000 yuan. Check the digits.")
    }
    let cents = parts.count == 1 ? 0 : (Int(parts[1]) ?? 0) * (parts[1].utf8.count == 1 ? 10 : 1)
    guard whole * 100 + cents > 0 else { throw refusal(text) }
    return whole * 100 + cents
  }

  private static func refusal(_ text: String) -> RelayError {
    RelayError(
      .valueNotAllowed, "'\(text)' is no amount",
      advice: "Nothing was changed. Write a positive sum such as 60 or 60.50.")
  }
}
