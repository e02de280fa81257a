internal import Foundation
internal import Organisation
internal import Relay

/// Answers go to standard output, complaints to standard error.
enum Output {
  /// One JSON object with its keys sorted, so that scripts can compare answers.
  static func json(_ value: some Encodable) throws(RelayError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      Swift.print(TerminalText.json(String(decoding: try encoder.encode(value), as: UTF8.self)))
    } catch {
      throw RelayError(.invariant, "the answer cannot be written as JSON (\(error))")
    }
  }

  /// Tells a failure on standard error; with `--json` also as an object on standard output.
  static func tell(_ error: RelayError, asJSON: Bool) {
    complain(TerminalText.line(text(error)))
    if asJSON { try? json(["error": ErrorAnswer(error)]) }
  }

  private static func text(_ error: RelayError) -> String {
    guard Language.spoken == .zh else { return error.description }
    let word = FailureWords.said(error.code.rawValue)
    let message = Translation.said(error.message)
    return "\(word)：\(message)\(message.hasSuffix("。") ? "" : "。")\(Translation.said(error.advice))"
  }

  static func complain(_ text: String) {
    FileHandle.standardError.write(Data((TerminalText.safe(text) + "\n").utf8))
  }
}

/// A failure as the scripts of others read it.
struct ErrorAnswer: Codable {
  var code: String
  var message: String
  var advice: String

  init(_ error: RelayError) {
    code = error.code.rawValue
    message = error.message
    advice = error.advice
  }
}
