internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol

struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copies the hub into a file, while it runs.",
    discussion: """
      The copy is of one moment, is read from end to end, and is on the disk before anybody is told. Devices then forget the \
      accepted work that it covers: keep it where the hub's disk cannot take it along. A hub in PostgreSQL is copied by \
      PostgreSQL's own tools.
      """)

  @OptionGroup var data: DataOptions
  @Argument(help: "The file to make; nothing may be there.") var file: String

  func run() throws {
    guard case .directory(let directory) = try data.place else {
      throw RelayError(
        .usage, "this hub is in PostgreSQL",
        advice: "Nothing was changed. Use pg_dump, or base backups and the log's archive.")
    }
    try Files.checkFree(file)
    // Half of a copy never has the name of a whole one.
    let half = file + ".half"
    try Files.remove(half)
    let head: UInt64
    do {
      head = try HubBackup.take(directory: directory, to: half)
      try Files.flush(half)
      try Files.rename(half, to: file)
    } catch {
      try? Files.remove(half)
      throw error
    }
    try data.place.writer().noteBackup(upTo: head)
    print("\(file) holds the hub up to \(head)")
  }
}

struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Puts the hub back to a copy, and begins a new epoch.",
    discussion: """
      Stop the hub first. The file that was there is kept beside it. Devices offer again with their next sync what the copy \
      lacks of their work. With --store no file is named: restore the database with PostgreSQL's tools first.
      """)

  @OptionGroup var data: DataOptions
  @Argument(help: "What `backup` made; none with --store.") var file: String?

  func run() throws {
    let place = try data.place
    var lock: DirectoryLock?
    defer { withExtendedLifetime(lock) {} }
    switch (place, file) {
    case (.directory(let directory), let file?):
      try Files.makeDirectory(directory)
      lock = try DirectoryLock(directory)
      if let kept = try put(file, in: directory) { print("what was there is kept as \(kept)") }
    case (.database, nil): break
    default: throw RelayError(.usage, "a file with --data, and none with --store")
    }
    let head = try place.writer().beginEpoch(SystemEdge.random128())
    if case .directory(let directory) = place { try Files.flush(directory + "/hub.db") }
    print("the hub goes on from \(head) as another epoch")
  }

  /// Wherever this is cut off, `hub.db` is the hub of before, the copy, or not there; it is never half of one.
  ///
  /// - Returns: as what the hub of before is kept.
  private func put(_ copy: String, in directory: String) throws(RelayError) -> String? {
    let (store, half) = (directory + "/hub.db", directory + "/hub.db.half")
    try Files.remove(half)
    do throws(RelayError) {
      _ = try HubBackup.put(copy, as: half)
      try Files.flush(half)
    } catch {
      try? Files.remove(half)
      throw error
    }
    // A hub that is damaged keeps its log beside it.
    if Files.isThere(store) { try? HubBackup.fold(store) }
    let kept = try Files.setAside(store, with: ["-wal", "-shm"])
    try Files.rename(half, to: store)
    return kept
  }
}
