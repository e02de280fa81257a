/// What steps make of a request. Needed steps are a set, in any order; refusing and withdrawing stop it until it is
/// opened again.
package struct RequestFold: Sendable {
  /// The needed steps that are there.
  package private(set) var taken: Set<String> = []
  /// `refused` or `withdrawn`.
  package private(set) var stop: String?
  /// Steps that do nothing, and why.
  package private(set) var idle: [String: String] = [:]
  /// When the last needed step was taken: an instant's text.
  package private(set) var lastNeeded: String?
  /// What still has to be done.
  package let needed: [String]
  private var isOpen = false
  private var isCompleted = false
  /// A stop that came when everything was there.
  private var lateStop: (state: String, step: String)?
  private let kind: String

  /// - Parameters:
  ///   - steps: in the order in which they count.
  ///   - isPlacement: the committee itself opened it and said why.
  ///   - objection: why a step is not its author's to take; nil where it is.
  init(kind: String, steps: [Step], isPlacement: Bool = false, objection: (Step) -> String?) {
    self.kind = kind
    needed = RequestFold.needed(kind, isPlacement: isPlacement)
    for step in steps where step.kind != "comment" {
      if let why = objection(step) { idle[step.id] = why } else { take(step) }
    }
  }

  private mutating func take(_ step: Step) {
    switch step.kind {
    case "open": isOpen = true
    case "reopen":
      if stop == nil { idle[step.id] = "it was not stopped" }
      stop = nil
      isOpen = true
    case "refuse", "withdraw":
      let state = step.kind == "refuse" ? "refused" : "withdrawn"
      guard !isComplete else {
        idle[step.id] = "it was decided already"
        lateStop = lateStop ?? (state, step.id)
        return
      }
      if stop != nil { idle[step.id] = "it was stopped already" }
      stop = stop ?? state
    case "complete":
      isCompleted = isComplete
      if !isCompleted { idle[step.id] = "it is not approved" }
    default:
      isOpen = true
      guard needed.contains(step.kind) else {
        idle[step.id] = "nobody needs it"
        return
      }
      guard stop == nil else {
        idle[step.id] = "it was stopped before"
        return
      }
      if taken.insert(step.kind).inserted { lastNeeded = max(lastNeeded ?? step.at, step.at) }
    }
  }

  /// Of a request that has all it needs and yet waits, because another one stands against it: it can still be stopped.
  var waiting: RequestFold {
    guard stop == nil, let lateStop else { return self }
    var fold = self
    fold.stop = lateStop.state
    fold.idle[lateStop.step] = nil
    return fold
  }

  static func needed(_ kind: String, isPlacement: Bool) -> [String] {
    switch kind {
    case "transfer_internal": isPlacement ? ["approve"] : ["release", "accept", "approve"]
    case "transfer_in": ["accept", "approve"]
    case "transfer_out": ["release", "approve"]
    default: ["approve"]
    }
  }

  /// Everything needed is there and nothing stops it.
  package var isComplete: Bool { stop == nil && needed.allSatisfy(taken.contains) }

  /// The first step that is missing.
  package var next: String? { stop == nil ? needed.first { !taken.contains($0) } : nil }

  /// - Parameter isDecided: is the effect written?
  func state(isDecided: Bool) -> String {
    if let stop { return stop }
    if isComplete, isDecided {
      return isCompleted || kind == "transfer_in" ? "done" : "approved"
    }
    let wanted = needed.filter { $0 != "approve" }
    if !wanted.isEmpty, wanted.allSatisfy(taken.contains) { return wanted.contains("accept") ? "accepted" : "released" }
    if taken.contains("release") { return "released" }
    return isOpen ? "open" : "draft"
  }
}
