/// What came of a run.
public struct RunReport: Sendable {
  public var seed: UInt64
  /// Which of the plan's happenings took place; nil for all of them.
  public var kept: [Int]?
  public var happenings: Int
  public var operations: Int
  /// How long the fleet took to come to rest after the last fault, in virtual milliseconds.
  public var drained: Int64 = 0
  /// Equal for equal runs, whatever machine they ran on.
  public var trace: UInt64
  /// How often what happened.
  public var counts: [String: Int]
  /// What did not hold; nil where everything did.
  public var failure: String?
  public var story: [String]

  /// What `relay-sim` is to be called with to see it again.
  public var replay: String {
    "relay-sim replay \(seed)" + (kept.map { " --keep " + $0.map(String.init).joined(separator: ",") } ?? "")
  }
}

/// A run of everything that follows from a seed.
public func simulate(seed: UInt64, keeping kept: [Int]? = nil) -> RunReport {
  let plan = Plan(seed: seed)
  return simulate(kept.map { plan.keeping($0) } ?? plan, kept)
}

/// The same on a hub whose disk loses what it said to have flushed: a canary, which somebody has to notice.
public func simulateCanary(seed: UInt64) -> RunReport {
  var plan = Plan(seed: seed)
  plan.configuration.hubDiskLies = true
  return simulate(plan, nil)
}

/// A busy fleet whose lines swallow everything, in one direction or in both, for a second up to five minutes.
///
/// - Parameters:
///   - rate: transactions a second, of all clients.
///   - seconds: how long they write, in virtual time.
public func simulatePartitions(seed: UInt64, clients: Int = 10, rate: Int = 20, seconds: Int = 300) -> RunReport {
  simulate(.partitions(seed: seed, clients: clients, rate: rate, seconds: seconds), nil)
}

func simulate(
  _ plan: Plan, _ kept: [Int]?, _ run: (Simulation) throws -> Void = { try $0.run() }
) -> RunReport {
  var report = RunReport(
    seed: plan.seed, kept: kept, happenings: plan.happenings.count, operations: 0, trace: 0, counts: [:], failure: nil,
    story: [])
  do {
    let simulation = try Simulation(plan)
    do { try run(simulation) } catch { report.failure = "\(error)" }
    report.operations = simulation.operations
    report.drained = simulation.drained
    report.trace = simulation.trace
    report.counts = simulation.oracle.counts
    report.story = simulation.oracle.story
  } catch {
    report.failure = "\(error)"
  }
  return report
}

/// Leaves happenings out of a run that fails, as long as it fails: first many at once, then fewer
/// (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", 2002).
public func shrink(_ report: RunReport, most tries: Int = 400) -> RunReport {
  guard report.failure != nil else { return report }
  var best = report
  var kept = report.kept ?? Array(0..<report.happenings)
  var size = max(1, kept.count / 2)
  var left = tries
  while size >= 1, left > 0 {
    var (at, isShorter) = (0, false)
    while at < kept.count, left > 0 {
      left -= 1
      let candidate = Array(kept[..<at]) + Array(kept[min(kept.count, at + size)...])
      let one = simulate(seed: report.seed, keeping: candidate)
      if one.failure != nil {
        (kept, best, isShorter) = (candidate, one, true)
      } else {
        at += size
      }
    }
    if !isShorter || size > 1 { size /= 2 }
  }
  return best
}
