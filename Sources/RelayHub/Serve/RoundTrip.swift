public import RelayProtocol

/// One round trip as a machine without I/O: it says what is to be done next and is told how it went.
///
/// What is pushed is judged first, so that the pull knows of it. Where nothing is new and the device asked for it, the
/// pull waits for news and is read again. Server, bench, tests and simulator all go this way.
public struct RoundTrip: Sendable {
  public enum Step: Sendable {
    /// Judge this, durably; then `pushed`.
    case push(PushJob)
    /// Read this from one snapshot; then `pulled`.
    case pull(SyncRequest)
    /// Wait until something may be new, at most so many milliseconds; then `woken`.
    case wait(ParkedPull, milliseconds: UInt64)
    case answer(SyncResponse)
  }

  private let request: SyncRequest
  private let device: Int64
  private var response: SyncResponse
  private var newest: UInt64 = 0
  private var mayWait: Bool
  /// Has the writer remembered already what its request told?
  private var isRemembered = false
  /// A page that is kept back until the writer has remembered what its request told.
  private var kept: PulledPage?

  /// - Parameters:
  ///   - device: whose credential the request came with.
  ///   - now: milliseconds since 1970.
  ///   - answers: names the request, where it came over a line that may mix answers up.
  public init(
    _ request: SyncRequest, device: Int64, hub: HubIdentity, now: Int64, answers: AnswerTo = .nothing
  ) {
    var request = request
    // The hub decides how much it gathers for one answer; a device may ask for less.
    if let asked = request.pull?.pageBytes { request.pull?.pageBytes = min(asked, UInt64(Limits.part)) }
    self.request = request
    self.device = device
    response = SyncResponse(
      epoch: hub.epoch, time: UInt64(max(0, now)), schemaVersion: hub.schemaVersion)
    response.answers = answers
    newest = hub.schemaVersion
    mayWait = request.pull.map { $0.wait > 0 && !$0.digests } ?? false
    tell(of: hub, isNews: false)
  }

  private mutating func tell(of hub: HubIdentity, isNews: Bool) {
    (response.epoch, response.schemaVersion) = (hub.epoch, hub.schemaVersion)
    response.origin = hub.origin(seenFrom: request.epoch)
    // Whoever stays where it is needs to hear nothing of what its place is called.
    response.openings = isNews ? hub.openings.holding(after: request.base) : hub.openings.after(request.base)
  }

  public func begin() -> Step {
    if request.push.isEmpty, request.part == nil { return afterPush() }
    return .push(PushJob(device: device, request: request))
  }

  public mutating func pushed(_ outcome: PushOutcome) -> Step {
    if let kept {
      self.kept = nil
      return read(kept)
    }
    isRemembered = true
    response.verdicts = outcome.verdicts
    response.partReceived = outcome.partReceived
    if !outcome.openings.isEmpty, !outcome.verdicts.isEmpty {
      response.openings = outcome.openings.holding(after: request.base)
    }
    // What the device just heard about its own push is news: it goes on at once.
    if !outcome.verdicts.isEmpty { mayWait = false }
    return afterPush()
  }

  private func afterPush() -> Step { request.pull == nil ? .answer(response) : .pull(request) }

  public mutating func pulled(_ pulled: PulledPage) -> Step {
    guard pulled.mustRemember, !isRemembered else { return read(pulled) }
    kept = pulled
    var request = request
    (request.push, request.part) = ([], nil)
    return .push(PushJob(device: device, request: request))
  }

  private mutating func read(_ pulled: PulledPage) -> Step {
    response.page = pulled.page
    let isQuiet = pulled.page.isQuiet(for: request)
    // What was pushed may have begun another epoch.
    tell(of: pulled.hub, isNews: !response.verdicts.isEmpty || !isQuiet)
    response.unasked = pulled.unasked
    // A newer version of the schema is news: what the device held back may go out.
    guard mayWait, pulled.hub.schemaVersion == newest, isQuiet, let wait = request.pull?.wait
    else { return .answer(response) }
    return .wait(
      ParkedPull(
        device: device, scopes: pulled.page.grants.filter(\.readable).map(\.scope),
        head: pulled.page.closing?.head ?? 0, rights: pulled.rights),
      milliseconds: min(wait, Limits.wait))
  }

  /// - Parameter isNews: false where the time is up or the hub goes down.
  public mutating func woken(isNews: Bool) -> Step { isNews ? .pull(request) : .answer(response) }
}

/// One page with what held in the snapshot that it was read in.
public struct PulledPage: Sendable {
  public var page: PullPage
  public var hub: HubIdentity
  /// How often somebody's rights had changed.
  public var rights: UInt64
  /// Does the request tell something that the writer must remember (rule 17), even where it pushes nothing?
  public var mustRemember = false
  /// Own work that counts in it and was not asked about.
  var unasked: UInt64?
}

/// What a hub says of itself in every answer.
public struct HubIdentity: Sendable, Equatable {
  public var organisation: Hash128
  public var epoch: Hash128
  public var schemaVersion: UInt64
  /// The epochs before, oldest first.
  public var pastEpochs: [PastEpoch] = []
  /// What the order is called, ascending.
  public var openings: [Opening] = []

  /// Where the epoch comes from, as seen from another one of this hub's: what both share.
  public func origin(seenFrom other: Hash128) -> EpochOrigin? {
    guard let last = pastEpochs.last else { return nil }
    let at = pastEpochs.firstIndex { $0.id == other } ?? pastEpochs.count - 1
    return EpochOrigin(
      parent: at < pastEpochs.count - 1 ? other : last.id, fork: pastEpochs[at...].map(\.fork).min() ?? last.fork)
  }
}

extension PullPage {
  /// Whether this page, taken alone, tells the device nothing: only the head may have moved.
  func isQuiet(for request: SyncRequest) -> Bool {
    guard token.isEmpty, rows.isEmpty, let closing, role == request.role, !isWhole, request.installed == nil
    else { return false }
    guard closing.confirmed.isEmpty, closing.exits.isEmpty, closing.notices.isEmpty else { return false }
    // A page that continues a pull is its last one, even where it is empty.
    guard request.pull?.token.isEmpty ?? true else { return false }
    return grants.lazy.filter(\.readable).map(\.scope).elementsEqual(request.scopes)
  }
}
