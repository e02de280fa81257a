internal import Foundation

/// One line on standard error that is written over and over, where a person watches; nothing in a script.
enum Progress {
  private static let isWatched = isatty(STDERR_FILENO) == 1

  static func show(_ what: String, _ done: Int, of total: Int, _ detail: String) {
    guard isWatched, total > 0 else { return }
    let filled = done * 24 / total
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    FileHandle.standardError.write(Data("\r\(what) \(bar) \(done)/\(total) \(detail)\u{1B}[K".utf8))
  }

  /// A line where there is no total.
  static func tell(_ text: String) {
    guard isWatched else { return }
    FileHandle.standardError.write(Data("\r\(text)\u{1B}[K".utf8))
  }

  static func end() {
    guard isWatched else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
