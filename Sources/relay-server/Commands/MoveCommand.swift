internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol

struct MoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Moves a hub, whole, between a data directory and a PostgreSQL database.",
    discussion: """
      Stop the hub first. Everything is copied in one transaction and compared with the original; the target must have no \
      hub. The old place is kept as it is, but serves no more. Devices notice nothing but another address, if it has one.
      """)

  @Option(help: "Where the hub is: a directory, or postgresql://….") var from: String
  @Option(help: "Where it is to be: a directory, or postgresql://….") var to: String

  func run() throws {
    let (source, target) = (try HubPlace(from), try HubPlace(to))
    var locks: [DirectoryLock] = []
    if case .directory(let path) = source { locks.append(try DirectoryLock(path)) }
    if case .directory(let path) = target {
      try Files.makeDirectory(path)
      locks.append(try DirectoryLock(path))
    }
    defer { withExtendedLifetime(locks) {} }
    let count = try HubPlace.move(from: source, to: target)
    print("moved \(count) rows of tables from \(source.name) to \(target.name)")
  }
}
