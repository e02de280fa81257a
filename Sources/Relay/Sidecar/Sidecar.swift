internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension Replica {
  /// What the name of a sidecar ends with: the file beside `member.db` is `member.db-sidecar`.
  ///
  /// It tells the file from its copies and is no part of it: leave it out of backups, and move it along where the file moves.
  public static let sidecarSuffix = "-sidecar"
}

/// A small file beside the replica's. A copy of the file has none, or one that was written for another; a file that was put
/// back to an older copy lies beside a newer one. Such a file takes another name before it writes (rule 26).
///
/// Its mark is renewed with the first change of a session and with what comes from the hub, in the same transaction: no
/// commit of the app's costs more than it would. The file is written behind that commit, without a flush; until it is, the
/// mark before holds.
final class Sidecar {
  private let file: SmallFile
  private let store: SidecarStore
  /// What the system calls the replica's file.
  private let identify: () -> UInt64?
  private let random: () -> Hash128
  private var hasLooked = false
  private var isDue = true
  /// What lies there, as far as is known here.
  private var standing = SidecarFinding.unknown
  /// What the transaction that is open has done; void where it comes to nothing.
  private var turn: (note: SidecarNote?, isRenewed: Bool)?

  /// - Returns: nil where the environment asks for none, and for a database in memory.
  init?(_ db: Database, _ environment: Environment) {
    guard let identify = environment.fileID, let path = db.fullPath else { return nil }
    file = SmallFile(path: path + Replica.sidecarSuffix, vfs: environment.vfs)
    store = SidecarStore(db: db)
    self.identify = { identify(path) }
    random = { environment.nonce() }
  }

  /// To be asked at the beginning of a transaction: is anything to be done in it?
  func isDue(fromHub: Bool) -> Bool { !hasLooked || isDue || fromHub }

  /// - Parameter hasWork: whether anything was ever sealed under the name that the file has.
  /// - Returns: what is to be thought of the file; nil where that was asked before, and nothing came from the hub since.
  func look(fromHub: Bool, hasWork: Bool) throws(RelayError) -> FileFooting? {
    turn = (nil, false)
    guard !hasLooked || fromHub else { return nil }
    standing = find()
    let footing = FileFooting(standing, marks: try store.marks(), file: identify(), hasWork: hasWork)
    if footing != .same { standing = .nothing }
    return footing
  }

  private func find() -> SidecarFinding {
    do throws(RelayError) {
      return try file.read().flatMap { SidecarNote($0) }.map { .note($0) } ?? .nothing
    } catch { return .unknown }
  }

  /// The transaction that is open has changed something.
  func renew() throws(RelayError) {
    let marks = try store.marks() ?? []
    // With the one before it, so that a source which repeats itself makes no mark twice.
    let mark = hash128(random().bytes, marks.first?.bytes ?? [])
    let note = SidecarNote(mark: mark, file: identify())
    switch standing {
    case .unknown: return
    case .nothing:
      // The file is not to have a mark before a sidecar has it.
      let isWritten = write(note, isSynced: true)
      if isWritten || !marks.isEmpty { try store.save(isWritten ? [note.mark] : []) }
      turn = (nil, true)
    case .note(let standing):
      guard let newest = marks.first, newest == standing.mark else {
        // The newest could not be written, or was lost with the power.
        turn = (marks.first.map { SidecarNote(mark: $0, file: note.file) }, true)
        return
      }
      try store.save([note.mark] + marks)
      turn = (note, true)
    }
  }

  func committed() {
    guard let turn else { return }
    self.turn = nil
    hasLooked = true
    guard turn.isRenewed else { return }
    isDue = false
    if let note = turn.note { write(note, isSynced: false) }
  }

  @discardableResult
  private func write(_ note: SidecarNote, isSynced: Bool) -> Bool {
    do throws(RelayError) { try file.write(note.bytes, isSynced: isSynced) } catch { return false }
    standing = .note(note)
    return true
  }
}

extension ReplicaCore {
  /// After that many names a file goes on under the one that it has, and what a copy wrote parts at the hub (rule 16).
  private static let mostNames = DotKey.mostReplicas / 2

  /// Runs a transaction that writes with an eye on the sidecar: who finds the file to be a copy takes another name first.
  func besideSidecar<T>(fromHub: Bool, _ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    guard let sidecar, sidecar.isDue(fromHub: fromHub) else { return try body() }
    let before = db.totalChanges
    if try sidecar.look(fromHub: fromHub, hasWork: state().counter > 0) == .other { try takeOtherName() }
    let value = try body()
    if db.totalChanges != before { try sidecar.renew() }
    return value
  }

  private func takeOtherName() throws(RelayError) {
    var state = try state()
    guard state.number < Self.mostNames else { return }
    footing = nil
    if try stores.state.link() != nil, !Mutation.isPlanted(.sealedApart) {
      // What stood in the file when it was copied the other one may have sealed: under the name that both had it is the same.
      try sealer.sealResidue()
      state = try self.state()
    }
    try stores.sidecar.found(at: environment.now())
    // A name under which nothing was sealed leaves no trace.
    guard state.counter == 0, try replicas.nextNumber() == state.number + 1 else { return try becomeAnother() }
    state.replica = freshID(state.number)
    try replicas.replace(state.number, by: state.replica)
    try save(state)
  }
}
