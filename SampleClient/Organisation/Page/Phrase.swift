/// The same words in both languages.
package struct Phrase: Sendable, Equatable {
  package var en: String
  package var zh: String

  package init(_ en: String, _ zh: String) { (self.en, self.zh) = (en, zh) }

  package func said(in language: Language) -> String { language.choose(en, zh) }
}

extension Language {
  /// The language that this task answers in; errors are written in it too.
  @TaskLocal package static var spoken: Language = .en

  /// In English: `1 member`, `2 members`.
  package static func counted(_ count: Int, _ one: String) -> String { "\(count) \(one)\(count == 1 ? "" : "s")" }

  /// Chosen by the spoken language.
  package static func say(_ english: String, _ chinese: String) -> String { spoken.choose(english, chinese) }
}
