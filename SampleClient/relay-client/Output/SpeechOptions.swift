internal import ArgumentParser
internal import Foundation
internal import Organisation

/// The language of text for people; codes, ids and JSON do not change with it.
struct SpeechOptions: ParsableArguments {
  enum Tongue: String, ExpressibleByArgument, CaseIterable { case en, zh }

  @Option(help: "The language of the text: en or zh. LC_ALL, LC_MESSAGES and LANG say the same.")
  var lang: Tongue?

  /// The whole process speaks it, whatever command asks.
  var language: Language { Language.spoken }

  /// What the machine speaks.
  static var ofEnvironment: Language {
    let environment = ProcessInfo.processInfo.environment
    let said = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    return said?.hasPrefix("zh") == true ? .zh : .en
  }

  /// What the whole process speaks, before any command is read.
  static func of(_ arguments: [String]) -> Language {
    for (at, argument) in arguments.enumerated() {
      if argument == "--lang", at + 1 < arguments.count { return arguments[at + 1] == "zh" ? .zh : .en }
      if argument.hasPrefix("--lang=") { return argument == "--lang=zh" ? .zh : .en }
    }
    return ofEnvironment
  }

  /// The words without the language, which every command takes at any place.
  static func without(_ arguments: [String]) -> [String] {
    var rest: [String] = []
    var at = 0
    while at < arguments.count {
      let (word, next) = (arguments[at], at + 1 < arguments.count ? arguments[at + 1] : "")
      if word == "--" { return rest + arguments[at...] }
      if word == "--lang", Tongue(rawValue: next) != nil {
        at += 2
      } else {
        if !["--lang=zh", "--lang=en"].contains(word) { rest.append(word) }
        at += 1
      }
    }
    return rest
  }
}
