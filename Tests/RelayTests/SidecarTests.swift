internal import RelayProtocol
import Testing

@testable import Relay

/// What a file makes of what lies beside it (`FileFooting`).
@Suite struct SidecarTests {
  private let mine = Hash128(high: 1, low: 2)
  private let before = Hash128(high: 3, low: 4)

  private func footing(
    _ found: SidecarFinding, _ marks: [Hash128]?, file: UInt64? = 5, hasWork: Bool = true
  ) -> FileFooting {
    FileFooting(found, marks: marks, file: file, hasWork: hasWork)
  }

  @Test func aMarkThatTheFileHasOrHadIsItsOwn() {
    #expect(footing(.note(SidecarNote(mark: mine, file: 5)), [mine, before]) == .same)
    #expect(footing(.note(SidecarNote(mark: before, file: 5)), [mine, before]) == .same)
    #expect(footing(.note(SidecarNote(mark: mine, file: 5)), [before]) == .other)
    #expect(footing(.nothing, [mine]) == .other)
  }

  @Test func anotherFileIsACopyAndOneThatHasNoNameIsNot() {
    #expect(footing(.note(SidecarNote(mark: mine, file: 6)), [mine]) == .other)
    #expect(footing(.note(SidecarNote(mark: mine, file: nil)), [mine]) == .same)
    #expect(footing(.note(SidecarNote(mark: mine, file: 6)), [mine], file: nil) == .same)
  }

  @Test func aFileWithoutMarksIsACopyOnlyWhereItHasWorkedBesideASidecar() {
    #expect(footing(.nothing, nil) == .unmarked)
    #expect(footing(.note(SidecarNote(mark: mine, file: 5)), nil) == .other)
    #expect(footing(.note(SidecarNote(mark: mine, file: 5)), nil, hasWork: false) == .unmarked)
    #expect(footing(.note(SidecarNote(mark: mine, file: 5)), []) == .unmarked)
    #expect(footing(.nothing, []) == .unmarked)
  }

  @Test func whatCannotBeLookedAtSaysNothing() {
    #expect(footing(.unknown, [mine]) == .same)
    #expect(footing(.unknown, nil) == .same)
  }

  @Test func onlyWhatWasWrittenWholeIsRead() {
    for note in [SidecarNote(mark: mine, file: 5), SidecarNote(mark: mine, file: nil)] {
      let bytes = note.bytes
      #expect(bytes.count == 161)
      #expect(SidecarNote(bytes) == note)
      #expect(SidecarNote(bytes + [10]) == nil)
      for length in 0..<bytes.count { #expect(SidecarNote(Array(bytes[..<length])) == nil) }
      for at in bytes.indices.dropLast(60) {
        var other = bytes
        other[at] ^= 1
        #expect(SidecarNote(other) == nil)
      }
    }
  }
}
