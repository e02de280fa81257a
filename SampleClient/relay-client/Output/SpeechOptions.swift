internal import ArgumentParser
internal import Foundation
internal import Organisation

/// The language of text for people; codes, ids and JSON do not change with it.
struct SpeechOptions: ParsableArguments {
  enum Tongue: String, ExpressibleByArgument, CaseIterable { case en, zh }

  @Option(help: "The language of the text: en or zh. LC_ALL, LC_MESSAGES and LANG say the same.")
  var lang: Tongue?

  var language: Language { lang.map { $0 == .zh ? .zh : .en } ?? SpeechOptions.ofEnvironment }

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
}
