import Foundation
import RelaySimulation
import Testing

/// What the simulator once found, as what somebody did: each tells today what it told then, and everything holds.
@Suite struct StoryTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Stories")

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

  @Test("A story that was told once holds", arguments: names)
  func holds(_ name: String) throws {
    let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    let report = play(try Story(text))
    guard let failure = report.failure else { return }
    Issue.record("\(name): \(failure)\nWhat had happened:\n\(report.story.joined(separator: "\n"))")
  }

  @Test("The stories are where they are looked for")
  func areThere() { #expect(Self.names.count >= 3) }

  @Test(
    "A story that says what nobody can do is told from one that can", arguments: ["d7 syncs", "device d0", "d0 sings"])
  func nonsense(_ line: String) {
    #expect(throws: (any Error).self) { try Story("schema 0\ndevice d0 field *\n" + line) }
  }

  @Test("A story that no longer tells what it told has failed")
  func tellsNothing() throws {
    let story = try Story("schema 0\ndevice d0 field *\nd0 syncs\ntells hub 1: d0 1 ok")
    #expect(play(story).failure?.contains("no longer tells") == true)
  }
}
