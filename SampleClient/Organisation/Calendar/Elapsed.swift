/// A span of time as people say it: by its greatest unit alone.
package struct Elapsed: Hashable, Sendable {
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = max(0, milliseconds) }

  package static let day: Int64 = 86_400_000

  package var days: Int { Int(milliseconds / Self.day) }

  package func text(_ language: Language) -> String {
    let minutes = Int(milliseconds / 60_000)
    func say(_ count: Int, _ en: String, _ zh: String) -> String {
      language.choose("\(count) \(en)\(count == 1 ? "" : "s")", "\(count)\(zh)")
    }
    if minutes < 1 { return language.choose("less than a minute", "不到1分钟") }
    if minutes < 120 { return say(minutes, "minute", "分钟") }
    if minutes < 48 * 60 { return say(minutes / 60, "hour", "小时") }
    if days < 730 { return say(days, "day", "天") }
    return say(days / 365, "year", "年")
  }
}
