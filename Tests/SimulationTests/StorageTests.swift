import RelaySimulation
import Testing

/// What a disk may do to a database, and what the database owes nevertheless.
@Suite struct StorageTests {
  @Test("With FULL no power cut takes what was acknowledged")
  func full() throws {
    var trial = try StorageTrial(seed: 1, flushes: .full)
    try trial.run(cuts: 1500)
    let outcome = trial.outcome
    // The cuts came where they hurt.
    #expect(outcome.unsynced > 100 && outcome.midway > 100 && outcome.midwayKept > 10, "\(outcome)")
    #expect(outcome.lost == 0 && outcome.broken == 0, "\(outcome)")
  }

  @Test("With NORMAL some take it: whoever looks at FULL is not blind")
  func normal() throws {
    var trial = try StorageTrial(seed: 1, flushes: .normal)
    try trial.run(cuts: 1500)
    #expect(trial.outcome.lost > 50, "\(trial.outcome)")
    #expect(trial.outcome.broken == 0, "\(trial.outcome)")
  }
}
