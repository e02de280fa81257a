/// A receipt's number: unit and device, then a counter of six digits or more.
struct ReceiptNumber: Hashable {
  let prefix: String
  let counter: Int

  /// nil for what no device gave out.
  init?(_ text: String) {
    let digits = text.utf8.reversed().prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
    guard digits >= 6, let counter = Int(text.suffix(digits)) else { return nil }
    prefix = String(text.dropLast(digits))
    self.counter = counter
  }

  static func text(_ prefix: String, _ counter: Int) -> String { prefix + digits(counter, 6) }
}
