internal import ArgumentParser
internal import Organisation

/// The language of text for people; codes, ids and JSON do not change with it.
struct SpeechOptions: ParsableArguments {
  enum Tongue: String, ExpressibleByArgument, CaseIterable { case en, zh }

  @Option(help: "The language of the text.")
  var lang: Tongue = .en

  var language: Language { lang == .zh ? .zh : .en }
}
