import Testing

@testable import Organisation

@Suite("Steps and states of a request")
struct RequestFoldTests {
  private func fold(_ kinds: [String], isPlacement: Bool = false, of kind: String = "transfer_internal") -> RequestFold
  {
    let steps = kinds.enumerated().map { at, step in
      Step(
        id: "\(at)", requestID: "r", kind: step, actorID: "a", actorUnitID: "u", at: "2017-10-0\(at + 1)T00:00:00Z",
        note: nil)
    }
    return RequestFold(kind: kind, steps: steps, isPlacement: isPlacement) { _ in nil }
  }

  @Test("needed steps commute: every order ends complete, and only with all of them")
  func commute() {
    let needed = ["release", "accept", "approve"]
    for first in needed {
      for second in needed where second != first {
        let third = needed.first { $0 != first && $0 != second } ?? ""
        #expect(!fold([first, second]).isComplete)
        #expect(fold([first, second]).next == third)
        #expect(fold([first, second, third]).isComplete)
        #expect(fold([first, second, third, first]).isComplete)
      }
    }
  }

  @Test("the state says how far it is; an approval before the branches have spoken stays on file")
  func states() {
    #expect(fold([]).state(isDecided: false) == "draft")
    #expect(fold(["open"]).state(isDecided: false) == "open")
    #expect(fold(["open", "approve"]).state(isDecided: false) == "open")
    #expect(fold(["open", "accept"]).state(isDecided: false) == "open")
    #expect(fold(["open", "release"]).state(isDecided: false) == "released")
    #expect(fold(["open", "accept", "release"]).state(isDecided: false) == "accepted")
    #expect(fold(["open", "accept", "release", "approve"]).state(isDecided: true) == "approved")
  }

  @Test("refusing stops it until it is opened again; a refusal after the decision has no effect")
  func stops() {
    #expect(fold(["open", "release", "refuse", "accept", "approve"]).state(isDecided: false) == "refused")
    #expect(fold(["open", "release", "refuse", "accept"]).idle["3"] == "it was stopped before")
    #expect(fold(["open", "release", "refuse", "reopen", "accept", "approve"]).isComplete)
    let late = fold(["release", "accept", "approve", "refuse"])
    #expect(late.isComplete)
    #expect(late.idle["3"] == "it was decided already")
    #expect(late.waiting.stop == "refused", "while something stands against it, it is not decided")
    #expect(late.waiting.idle.isEmpty)
  }

  @Test("the committee places a member alone where it says why, and a transfer out ends with its receipt")
  func others() {
    #expect(fold(["open", "approve"], isPlacement: true).isComplete)
    #expect(!fold(["open", "approve"]).isComplete)
    let out = fold(["open", "release", "approve", "complete"], of: "transfer_out")
    #expect(out.state(isDecided: true) == "done")
    #expect(fold(["open", "release", "approve"], of: "transfer_out").state(isDecided: true) == "approved")
    #expect(fold(["open", "accept", "approve"], of: "transfer_in").state(isDecided: true) == "done")
  }

  private func idle(
    _ kind: String, by officer: String, of unit: String, signed: String?, at: String = "2017-10-01T00:00:00Z"
  ) -> String? {
    var step = Step(
      id: "s", requestID: "r", kind: kind, actorID: officer, actorUnitID: unit, at: at, note: nil)
    step.signedUnitID = signed
    let units = [
      OrgUnit(id: "b17", parentID: "r1", level: .branch, code: "B017", name: "Branch 17"),
      OrgUnit(id: "c", parentID: nil, level: .committee, code: "C", name: "Committee"),
    ]
    let officers = [
      Officer(id: "secretary", unitID: "b17", name: "Secretary", role: "secretary", from: "2015-01-01"),
      Officer(id: "clerk", unitID: "c", name: "Clerk", role: "staff", from: "2015-01-01"),
      Officer(id: "old", unitID: "c", name: "Old", role: "staff", from: "2015-01-01", until: "2017-09-01"),
    ]
    let rights = Rights(
      units: Dictionary(uniqueKeysWithValues: units.map { ($0.id, $0) }),
      officers: Dictionary(uniqueKeysWithValues: officers.map { ($0.id, $0) }), proof: .signature)
    let request = Request(id: "r", kind: "transfer_internal", unitID: "b17", state: "open")
    return RequestFold(kind: "transfer_internal", steps: [step]) {
      rights.objection(to: $0, of: request, from: "b17", to: "b42")
    }.idle["s"]
  }

  @Test("a step counts by the unit whose device wrote it and by an officer in office, never by what it says of itself")
  func rights() {
    #expect(idle("release", by: "secretary", of: "b17", signed: "b17") == nil)
    #expect(idle("approve", by: "clerk", of: "c", signed: "c") == nil)
    #expect(idle("approve", by: "secretary", of: "b17", signed: "b17") == "not this unit's to do")
    #expect(idle("approve", by: "clerk", of: "c", signed: "b17") == "another unit's device wrote it")
    #expect(idle("approve", by: "clerk", of: "c", signed: nil) == "no device of the unit has signed it")
    #expect(idle("approve", by: "secretary", of: "c", signed: "c") == "the officer works for another unit")
    #expect(idle("approve", by: "old", of: "c", signed: "c") == "the officer had left")
    #expect(idle("approve", by: "old", of: "c", signed: "c", at: "2017-08-31T00:00:00Z") == nil)
    #expect(idle("approve", by: "nobody", of: "c", signed: "c") == "there is no such officer")
  }
}
