import Foundation
import FuzzTargets
import Testing

/// What fuzzers found worth keeping, and every input that ended a program once, is read again in each run.
struct FuzzCorpusTests {
  /// A line of hexadecimal digits each.
  private static func inputs(_ target: FuzzTarget) throws -> [String] {
    let folder = URL(filePath: #filePath).appending(path: "../../Fuzz/Corpus").standardizedFileURL
    let text = try String(contentsOf: folder.appending(path: target.rawValue + ".hex"), encoding: .utf8)
    return text.split(separator: "\n").map(String.init)
  }

  @Test("Every input of the corpus is read, or refused with an error", arguments: FuzzTarget.allCases)
  func corpus(_ target: FuzzTarget) throws {
    let reader = try target.reader()
    let inputs = try Self.inputs(target)
    #expect(!inputs.isEmpty, "no corpus for \(target.rawValue)")
    // Where a reader stops the program, the file names the input.
    let last = FileManager.default.temporaryDirectory.appending(path: "relay-fuzz-\(target.rawValue)")
    for input in inputs {
      try input.write(to: last, atomically: false, encoding: .utf8)
      reader.feed(try #require(Self.bytes(input), "not hexadecimal: \(input)"))
    }
    try FileManager.default.removeItem(at: last)
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for at in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[at...at + 1], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
