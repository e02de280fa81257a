/// Shares in whole numbers only: rounded half up in one step, never by way of a finer rounding.
struct Percent: Hashable {
  /// Tenths of a percent; a multiple of ten where whole percents are asked for.
  let tenths: Int
  let isWhole: Bool

  /// - Parameter total: nothing is nothing's 0 %.
  init(_ count: Int, of total: Int, isWhole: Bool = false) {
    self.isWhole = isWhole
    let scale = isWhole ? 100 : 1000
    let share = total == 0 ? 0 : (2 * scale * count + total) / (2 * total)
    tenths = isWhole ? share * 10 : share
  }

  var text: String { isWhole ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%" }

  /// Is this the share that somebody wrote as `text`, with or without a decimal?
  func equals(_ text: String) -> Bool {
    let parts = text.dropLast().split(separator: ".")
    let whole = parts.first.flatMap { Int($0) } ?? -1
    return tenths == whole * 10 + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
  }
}
