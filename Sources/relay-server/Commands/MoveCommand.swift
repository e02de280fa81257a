internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol

struct MoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Moves a hub, whole, between a data directory and a PostgreSQL database.",
    discussion: """
      The old place is closed first and serves no more; everything is copied in one transaction and compared with the \
      original; the target must have no hub. A move that was cut off is carried on by the same command, or taken back with \
      --withdraw. Devices notice nothing but another address, if it has one.
      """)

  @Option(help: "Where the hub is: a directory, or postgresql://….") var from: String
  @Option(help: "Where it is to be: a directory, or postgresql://….") var to: String

  @Flag(help: "Take back a move that did not come to its end: the old place serves again.") var withdraw = false

  func run() throws {
    let (source, target) = (try HubPlace(from), try HubPlace(to))
    guard source.name != target.name else { throw RelayError(.usage, "--from and --to name one place, \(source.name)") }
    var locks: [DirectoryLock] = []
    if case .directory(let path) = source { locks.append(try DirectoryLock(path)) }
    if case .directory(let path) = target {
      // Where it is gone with all that was in it there is nobody to shut out.
      if withdraw, !Files.isThere(path) {
        throw RelayError(
          .usage, "there is no \(path)",
          advice: "Nothing was changed. If the move went there and it is lost, make an empty directory of that name.")
      }
      try Files.makeDirectory(path)
      locks.append(try DirectoryLock(path))
    }
    defer { withExtendedLifetime(locks) {} }
    if withdraw {
      try HubPlace.withdraw(from: source, to: target)
      return print("\(source.name) serves again")
    }
    let count = try HubPlace.move(from: source, to: target)
    guard count > 0 else { return print("\(target.name) had everything already") }
    print("moved \(count) rows of tables from \(source.name) to \(target.name)")
  }
}
