internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol

struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copies the hub into a file, while it runs.",
    discussion: """
      The copy is of one moment, is read from end to end, and is on the disk before anybody is told. Devices then forget the \
      accepted work that it covers: keep it where the hub's disk cannot take it along. A hub in PostgreSQL is copied into a \
      file as well.
      """)

  @OptionGroup var data: DataOptions
  @Argument(help: "The file to make; nothing may be there.") var file: String

  func run() throws {
    try Files.checkFree(file)
    // Half of a copy never has the name of a whole one.
    let half = file + ".half"
    try Files.remove(half)
    let head: UInt64
    do {
      head = try data.place.backUp(to: half)
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
      Stop the hub, all its nodes, first. What was there is kept beside it: as another file, or another schema of the \
      database. Devices offer again with their next sync what the copy lacks of their work. Without a file only the epoch \
      begins: for a database that PostgreSQL's own tools have put back.
      """)

  @OptionGroup var data: DataOptions
  @Argument(help: "What `backup` made, of whatever hub.") var file: String?

  func run() throws {
    let place = try data.place
    var lock: DirectoryLock?
    defer { withExtendedLifetime(lock) {} }
    switch (place, file) {
    case (.directory(let directory), let file?):
      guard !Files.isSame(file, directory + "/hub.db") else {
        throw RelayError(
          .usage, "\(file) is the hub itself, and no copy of it",
          advice: "Nothing was changed. Name what 'backup' made.")
      }
      try Files.makeDirectory(directory)
      lock = try DirectoryLock(directory)
      if let kept = try put(file, in: directory) { print("what was there is kept as \(kept)") }
    case (.database(let address), let file?):
      if let kept = try HubPlace.put(file, in: address) { print("what was there is kept as the schema \(kept)") }
    case (.database, nil): break
    case (.directory, nil): throw RelayError(.usage, "name the file that the hub is to be made from")
    }
    let head = try place.writer().beginEpoch(SystemEdge.random128(), now: SystemEdge.now())
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
