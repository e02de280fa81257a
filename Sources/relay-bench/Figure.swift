internal import Foundation

/// One measured figure, beside what plain SQLite took for the same work where there is such a thing, and its goal.
struct Figure: Encodable {
  enum Unit: String, Encodable {
    case milliseconds = "ms"
    case microseconds = "µs"
    case bytes = "B"
    case megabytes = "MB"
    case rowsPerSecond = "rows/s"
    case times = "×"

    func text(_ value: Double) -> String {
      switch self {
      case .milliseconds: String(format: "%.1f ms", value)
      case .times: String(format: "%.2f×", value)
      default: "\(Int(value.rounded())) \(rawValue)"
      }
    }
  }

  /// What is to be reached; nil where the figure is only told.
  enum Goal {
    /// At most so many times what plain SQLite takes.
    case ratio(Double)
    case atMost(Double)
    case atLeast(Double)
  }

  var name: String
  var unit: Unit
  var plain: Double?
  var figure: Double
  var ratio: Double?
  var goal: String?
  var met: Bool?

  init(_ name: String, _ unit: Unit, plain: Double? = nil, _ figure: Double, _ goal: Goal? = nil) {
    (self.name, self.unit, self.plain, self.figure) = (name, unit, plain, figure)
    ratio = plain.map { figure / $0 }
    switch goal {
    case .ratio(let most):
      self.goal = String(format: "≤ %.2f×", most)
      met = ratio.map { $0 <= most }
    case .atMost(let most):
      self.goal = "≤ \(unit.text(most))"
      met = figure <= most
    case .atLeast(let least):
      self.goal = "≥ \(unit.text(least))"
      met = figure >= least
    case nil: break
    }
  }

  static let heading = row("case", "SQLite", "Relay", "ratio", "goal", "")

  var line: String {
    Figure.row(
      name, plain.map(unit.text) ?? "", unit.text(figure), ratio.map { String(format: "%.2f×", $0) } ?? "", goal ?? "",
      met.map { $0 ? "met" : "missed" } ?? "")
  }

  private static func row(
    _ name: String, _ plain: String, _ relay: String, _ ratio: String, _ goal: String, _ met: String
  ) -> String {
    name.padded(58) + plain.right(12) + relay.right(16) + ratio.right(9) + goal.right(18) + met.right(8)
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  fileprivate func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
