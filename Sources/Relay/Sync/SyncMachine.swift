package import RelayProtocol

/// The client of a sync as a value: an event goes in, what is to be done comes out. It has no clock, no network, no
/// file and no randomness; a shell runs it over a transport and a replica, a simulator over a virtual one.
///
///     ask ──taken──▶ ask … ──installed──▶ done
///      │ ▲
///      │ └─slept── sleep        an exchange failed or brought no progress
///      └──failed─▶ mend / sleep / fail
///
/// Whatever a hub answers, the machine ends: an exchange without progress is followed by a pause, a few of them in a row
/// end the sync, and what makes a pull start again is counted over the whole sync.
package struct SyncMachine: Sendable {
  package enum Event: Sendable {
    case start
    /// An answer was taken into the file.
    case taken(SyncTaken, random: UInt64)
    /// No answer came, it was an error, or the file could not take it.
    case failed(RelayError, retryAfter: Duration?, of: RequestShape, random: UInt64)
    /// Somebody wrote here while the hub kept the request.
    case woken
    case slept
    /// What `mend` led to: false where nothing could be done.
    case mended(Bool)
  }

  package enum Effect: Sendable, Equatable {
    /// Build the next request in this shape, send it, and take its answer.
    case ask(RequestShape)
    case sleep(Duration, because: RelayError)
    case mend(Mend)
    /// The replica stands at this base.
    case done(base: UInt64)
    case fail(RelayError)
  }

  /// What the file can do about an answer before it is asked again.
  package enum Mend: Sendable, Equatable {
    /// Forget the pages so far.
    case abandonPull
    /// The hub knows an older version of the sync schema than it said once.
    case holdBackWhatIsNewer
    /// The hub no longer serves the version that it was last heard of with.
    case speakOwnSchema
    /// The hub does not know the history that the file stands in.
    case stepBack
  }

  /// Exchanges in a row that bring nothing before the sync is given up.
  package static let mostIdle = 4
  /// Pages without a row count as one exchange without progress when so many came.
  package static let emptyPages = 32
  /// How often one sync begins its pull anew, or changes what it says of itself.
  package static let mostMends = 20

  /// Before an exchange that follows one without progress.
  package static let leastPause: Duration = .milliseconds(250)

  package private(set) var push: AdaptiveSize
  package private(set) var page: AdaptiveSize
  private let attempts: Int
  private let wait: UInt64
  private let deadline: Duration
  private var pace = Pace()
  private var failures = 0
  private var idle = 0
  private var empty = 0
  private var mends = 0
  private var steps = 0
  private var setbacks = 0
  private var cause: RelayError?
  private var isOver = false

  package init(options: SyncOptions, push: AdaptiveSize, page: AdaptiveSize) {
    attempts = options.attempts
    wait = UInt64(max(0, options.wait.milliseconds))
    deadline = options.requestDeadline ?? SyncOptions.longestRequest + options.wait
    (self.push, self.page) = (push, page)
  }

  package mutating func step(_ event: Event) -> Effect {
    switch event {
    case .start, .slept, .woken: return .ask(shape)
    case .taken(let taken, let random): return took(taken, random)
    case .failed(let error, let retryAfter, let shape, let random):
      return failed(error, retryAfter, shape, random)
    case .mended(let isMended):
      guard isMended, !isOver else { return .fail(cause ?? Self.noProgress(nil)) }
      // The first few at once; then a hub that calls every page void is asked slowly.
      guard mends > 2, let cause else { return .ask(shape) }
      return .sleep(.milliseconds(min(Int64(250) << Int64(min(mends, 8)), 30_000)), because: cause)
    }
  }

  private var shape: RequestShape {
    RequestShape(pushBytes: push.bytes, pageBytes: UInt64(page.bytes), wait: wait, deadline: deadline)
  }

  // MARK: Answers

  private mutating func took(_ taken: SyncTaken, _ random: UInt64) -> Effect {
    failures = 0
    if taken.pushed > 0 { push.arrived(taken.pushed) }
    if taken.pulled > 0 { page.arrived(taken.pulled) }
    if case .installed(let base) = taken.step { return .done(base: base) }
    if let base = taken.reopenedAt {
      mends += 1
      guard mends <= Self.mostMends else { return .done(base: base) }
    }
    if taken.isEndless {
      isOver = true
      cause = RelayError(.limitExceeded, taken.misfit ?? "a pull without an end")
      return .mend(.abandonPull)
    }
    switch taken.progress {
    case .some: (idle, empty) = (0, 0)
    case .emptyPage:
      empty += 1
      guard empty >= Self.emptyPages else { return .ask(shape) }
      empty = 0
      idle += 1
    case .none: idle += 1
    case .setback:
      setbacks += 1
      idle = max(idle + 1, setbacks)
    }
    guard idle > 0 else { return .ask(shape) }
    let error = Self.noProgress(taken.misfit)
    guard idle < Self.mostIdle else { return .fail(error) }
    return .sleep(max(Self.leastPause, pace.delay(after: idle, random: random)), because: error)
  }

  package static func noProgress(_ misfit: String?) -> RelayError {
    RelayError(.noProgress, misfit ?? "the hub answers, and nothing moves on")
  }

  // MARK: Failures

  private mutating func failed(
    _ error: RelayError, _ retryAfter: Duration?, _ sent: RequestShape, _ random: UInt64
  ) -> Effect {
    switch error.code {
    case .pageVoid: return mend(.abandonPull, error)
    case .schemaTooNew: return mend(.holdBackWhatIsNewer, error)
    case .schemaTooOld: return mend(.speakOwnSchema, error)
    // A hub that lacks what own work builds on, though it had judged it, was put back too.
    case .hubRolledBack, .outOfOrder:
      // The places that a file knows become fewer with the distance: there are not more of them than bits of a seq.
      steps += 1
      cause = error
      return steps <= 4 + Int64.bitWidth ? .mend(.stepBack) : .fail(error)
    case .requestTooLarge, .limitExceeded:
      // Something on the way, or the hub, takes only smaller requests; one that cannot be made smaller is the end.
      guard sent.pushed > 0, push.failed(sent.pushed) else { return .fail(error) }
      return .ask(shape)
    default: break
    }
    if error.code.isOfTheLine {
      // It may have been too much for the line.
      if sent.pushed >= AdaptiveSize.least { _ = push.failed(sent.pushed) }
      if sent.pulls { _ = page.failed(page.bytes) }
    }
    guard error.code.isPassing else { return .fail(error) }
    failures += 1
    guard failures < attempts else { return .fail(error) }
    let own = pace.delay(after: failures, random: random)
    return .sleep(max(own, min(retryAfter ?? .zero, Pace.longestAsked)), because: error)
  }

  private mutating func mend(_ mend: Mend, _ error: RelayError) -> Effect {
    mends += 1
    cause = error
    return mends <= Self.mostMends ? .mend(mend) : .fail(error)
  }
}

/// How large the next request may be and how long it may take.
package struct RequestShape: Sendable, Equatable {
  package var pushBytes: Int
  package var pageBytes: UInt64
  /// How long the hub may keep the request while nothing is new, in milliseconds.
  package var wait: UInt64
  package var deadline: Duration
  /// What it became: bytes of transactions that it carried, and whether it asked for a page.
  package var pushed = 0
  package var pulls = false

  package init(pushBytes: Int, pageBytes: UInt64, wait: UInt64, deadline: Duration) {
    (self.pushBytes, self.pageBytes, self.wait, self.deadline) = (pushBytes, pageBytes, wait, deadline)
  }
}

/// What an answer brought, once it is in the file.
package struct SyncTaken: Sendable, Equatable {
  package enum Progress: Sendable, Equatable {
    case none, some
    /// A page without a row, with more behind it.
    case emptyPage
    /// The hub holds less of a transaction than it said before, or took a part of a part.
    case setback
  }

  package var step: SyncStep
  package var progress = Progress.none
  /// Bytes of transactions that went up, and of a page that had more behind it.
  package var pushed = 0
  package var pulled = 0
  /// The pages of this pull are more than may be kept.
  package var isEndless = false
  /// The pull was installed, and more can go out: the hub now knows a version of the sync schema that lets it, or the pull did
  /// not tell of what a push was answered with.
  package var reopenedAt: UInt64?
  /// Why the answer did not fit, where it did not.
  package var misfit: String?

  package init(step: SyncStep) { self.step = step }
}
