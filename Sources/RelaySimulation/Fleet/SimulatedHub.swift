internal import Relay
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// A hub on a disk of its own: requests in as bytes, answers out as bytes. What arrives while it is at work forms the next
/// group, as the server does it.
final class SimulatedHub {
  struct Job {
    var token: String
    var body: [UInt8]
    var reply: Reply
  }

  /// Whom an answer is for.
  struct Reply {
    var device: Int
    var program: Int
    /// The device's process and request that asked: an answer to one that is gone reaches nobody.
    var process: Int
    var request: Int
  }

  struct Answer {
    var status: Int
    var body: [UInt8]
  }

  let disk: SimulatedDisk
  let machine: Machine
  private let oracle: Oracle
  private let seed: UInt64
  private(set) var process: SimulatedProcess
  private(set) var hub: Hub?
  var waiting: [Job] = []
  /// The file as the process has it open.
  private var warm: WarmFile?
  private var starts: UInt64 = 0

  var isUp: Bool { hub != nil && process.isAlive }

  init(seed: UInt64, _ clock: VirtualClock, _ oracle: Oracle) throws {
    (self.seed, self.oracle) = (seed, oracle)
    disk = SimulatedDisk(seed: seed &+ 99)
    let machine = Machine(clock, seed: seed, "hub")
    self.machine = machine
    process = SimulatedProcess(on: disk, seed: seed) { machine.now }
    disk.put(try FreshFiles.hub(oracle.schema).image)
    try start()
  }

  // MARK: Life

  /// Runs the program anew on what the disk has.
  func start() throws {
    hub = nil
    waiting = []
    starts += 1
    let machine = machine
    warm?.end()
    let warm = WarmFile.take(try FreshFiles.hub(oracle.schema).kind)
    self.warm = warm
    process = SimulatedProcess(on: disk, seed: seed &+ starts, warm.system) { machine.now }
    warm.begin(process)
    hub = Hub(
      writer: try HubWriter(try SQLiteHub(connect(.readWrite), .writes)),
      reader: try HubReader(try SQLiteHub(connect(.readOnly), .reads)))
    try learn()
  }

  deinit { end() }

  private func end() {
    process.kill()
    hub = nil
    warm?.end()
    warm = nil
  }

  /// One more connection to the file of the process that runs.
  func connect(_ mode: Database.Mode) throws(RelayError) -> Database {
    if let warm { return try warm.connect(mode, isWatched: false) }
    return try Database(path: "/hub/hub.db", mode: mode, vfs: process.name, isWatched: false)
  }

  func stop(_ cut: PowerCut?) {
    end()
    waiting = []
    if let cut { disk.cut(cut) }
  }

  /// What is in the log and nobody was told yet, because the hub died, or failed, while it committed.
  private func learn() throws {
    guard let reader = hub?.reader else { return }
    let verdicts = try reader.verdicts(after: oracle.truth.head)
    if !verdicts.isEmpty { oracle.count("hub: a commit that was never answered is there") }
    guard try reader.head() >= oracle.truth.head else {
      throw Broken("the hub acknowledged up to \(oracle.truth.head) and has \(try reader.head())")
    }
    try oracle.judged(verdicts)
    oracle.ageingTo = nil
  }

  // MARK: Work

  /// Answers everything that waits; pushes in one group.
  ///
  /// - Returns: nil where the hub died over it.
  func work() throws -> [(Reply, Answer)]? {
    let jobs = waiting
    waiting = []
    do throws(RelayError) {
      return try answers(jobs)
    } catch {
      guard process.isAlive else { return nil }
      // The store failed: nothing of the group is acknowledged, and the hub goes on.
      oracle.count("hub: failed with \(error.code.rawValue)")
      if let call = process.failedAt { oracle.count("hub: failed at \(call)") }
      process.spare()
      disk.quota = nil
      try learn()
      return jobs.map { ($0.reply, Self.told(error)) }
    }
  }

  private static func told(_ error: RelayError) -> Answer {
    let code: ErrorCode = [.diskFull, .ioError, .busy].contains(error.code) ? .hubFailed : error.code
    return Answer(status: 409, body: ErrorReply(code: code.rawValue, message: error.message).encoded())
  }

  private struct Trip {
    var at: Int
    var trip: RoundTrip
    var device: Int64
    var step: RoundTrip.Step
  }

  private func answers(_ jobs: [Job]) throws(RelayError) -> [(Reply, Answer)] {
    guard let hub else { return [] }
    var answers = [Answer?](repeating: nil, count: jobs.count)
    var trips: [Trip] = []
    for (at, job) in jobs.enumerated() {
      do throws(RelayError) {
        trips.append(try begin(job, at, hub))
      } catch {
        guard !error.isOfStore else { throw error }
        answers[at] = Self.told(error)
      }
    }
    while !trips.isEmpty {
      try push(&trips, hub, &answers)
      var going: [Trip] = []
      for var trip in trips {
        do throws(RelayError) {
          switch trip.step {
          case .pull(let request): trip.step = trip.trip.pulled(try hub.reader.page(request, device: trip.device))
          case .wait: trip.step = trip.trip.woken(isNews: false)
          case .push, .answer: break
          }
          if case .answer(let response) = trip.step {
            answers[trip.at] = Answer(status: 200, body: response.encoded())
          } else {
            going.append(trip)
          }
        } catch {
          guard !error.isOfStore else { throw error }
          answers[trip.at] = Self.told(error)
        }
      }
      trips = going
    }
    return zip(jobs, answers).compactMap { job, answer in answer.map { (job.reply, $0) } }
  }

  private func begin(_ job: Job, _ at: Int, _ hub: Hub) throws(RelayError) -> Trip {
    let request = try SyncRequest(decoding: job.body)
    let device = try hub.reader.authenticate(token: job.token)
    let trip = RoundTrip(
      request, device: device.id, hub: try hub.reader.identity(), now: machine.now,
      answers: request.answer(device: device.name, body: job.body))
    return Trip(at: at, trip: trip, device: device.id, step: trip.begin())
  }

  /// All that want to push form one durable group.
  private func push(_ trips: inout [Trip], _ hub: Hub, _ answers: inout [Answer?]) throws(RelayError) {
    var jobs: [PushJob] = []
    var pushing: [Int] = []
    for (at, trip) in trips.enumerated() {
      guard case .push(let job) = trip.step else { continue }
      jobs.append(job)
      pushing.append(at)
    }
    guard !jobs.isEmpty else { return }
    if jobs.count > 1 { oracle.count("hub: several pushes in one group") }
    let results = try hub.writer.commit(jobs, now: machine.now)
    var failed: Set<Int> = []
    oracle.hubTime = machine.now
    defer { oracle.hubTime = nil }
    for (at, result) in zip(pushing, results) {
      switch result {
      case .success(let outcome):
        do { try oracle.judged(outcome.verdicts) } catch { broken = broken ?? error }
        trips[at].step = trips[at].trip.pushed(outcome)
      case .failure(let error):
        oracle.count("hub says \(error.code.rawValue)")
        answers[trips[at].at] = Self.told(error)
        failed.insert(at)
      }
    }
    trips = trips.enumerated().filter { !failed.contains($0.offset) }.map(\.element)
  }

  /// What the oracle says of a commit; thrown once the group is through.
  private(set) var broken: (any Error)?
}

extension RelayError {
  /// Is it the store that failed, and nobody's request?
  var isOfStore: Bool { [.diskFull, .ioError, .corrupt, .busy, .fileMissing, .readOnly].contains(code) }
}
