import Foundation
import Testing

/// Disks that are full, files that may not be written. strace lets the system calls fail as such a disk would.
@Suite(.timeLimit(.minutes(10)))
struct FullDiskTests {
  let folder: Folder
  let desk: Clerk
  let cart: Clerk
  let hub: HubProcess

  init() async throws {
    folder = try Folder()
    desk = try Clerk("desk", in: folder)
    cart = try Clerk("cart", in: folder)
    hub = try await HubProcess(in: folder)
    try await hub.serve()
    for clerk in [desk, cart] { try await hub.enrol(clerk, scopes: ["branch/north"]) }
    try await desk.change("INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL)")
    for clerk in [desk, cart] { try await clerk.sync() }
  }

  /// Every write to these files, and what makes them longer, finds the disk full from the `first` write on.
  private func full(_ paths: String..., from first: Int = 1) -> Tool.Wrapper { full(paths, from: first) }

  private func full(_ paths: [String], from first: Int = 1) -> Tool.Wrapper {
    .trace(
      "pwrite64,fallocate,ftruncate", to: folder.path("trace-\(UUID().uuidString)"), paths: paths,
      inject: "pwrite64,fallocate:error=ENOSPC:when=\(first)+")
  }

  @Test("A device's disk is full: the command says so, reading goes on, and with room again nothing is missing")
  func device() async throws {
    try await desk.change("UPDATE book SET shelf = 'B' WHERE id = 'b1'")
    try await desk.sync()
    try await cart.change("UPDATE book SET note = 'torn' WHERE id = 'b1'")
    #expect(try await cart.status()["pending"] as? Int == 1)
    let before = try await cart.ask("SELECT * FROM book")
    for first in [1, 2, 4] {
      let outcome = try await cart.run(under: full(cart.file + "-wal", from: first), "sync", "--json")
      guard outcome.status != 0 else { continue }
      #expect(outcome.status == 1)
      #expect(try outcome.errorCode() == "disk_full", "\(outcome.output)")
      #expect(outcome.complaint.hasPrefix("disk_full: "))
      #expect(try await cart.ask("SELECT * FROM book") == before)
      #expect(try await cart.ask("PRAGMA integrity_check") == "ok")
      let status = try await cart.run(under: full(cart.file + "-wal"), "status", "--json")
      #expect(status.status == 0, "\(status.complaint)")
      #expect(try status.object()["pending"] as? Int == 1)
    }
    try await cart.sync()
    try await desk.sync()
    for clerk in [desk, cart] {
      #expect(try await clerk.ask("SELECT shelf, note FROM book") == "B|torn")
      try await clerk.expectSettled()
    }
  }

  @Test("A disk without room for what SQLite's connections share still lets status read")
  func noRoomToShare() async throws {
    try await cart.change("UPDATE book SET note = 'torn' WHERE id = 'b1'")
    for files in [[cart.file + "-shm"], [cart.file + "-shm", cart.file + "-wal"]] {
      let status = try await cart.run(under: full(files), "status", "--json")
      #expect(status.status == 0, "\(status.complaint)")
      #expect(try status.object()["base"] as? Int == 1, "\(status.output)")
    }
    try await cart.sync()
    try await cart.expectSettled()
  }

  @Test("The hub's disk is full: nothing is acknowledged, devices keep their work, and with room again it arrives once")
  func atTheHub() async throws {
    try await hub.stop()
    try await hub.serve(under: full(hub.store + "-wal"))
    let head = try await hub.head()
    try await desk.change("UPDATE book SET note = 'torn' WHERE id = 'b1'; INSERT INTO tally VALUES ('t', 'north', 1)")
    let outcome = try await desk("sync", "--json", "--deadline", "300")
    #expect(outcome.status == 1)
    #expect(try outcome.errorCode() == "hub_failed", "\(outcome.output)")
    #expect(try await desk.status()["pending"] as? Int == 1)
    #expect(try await hub.head() == head)
    // Who only reads is served on.
    try await cart.sync()
    try await hub.stop()
    try await hub.serve()
    for clerk in [desk, cart] { try await clerk.sync() }
    #expect(try await cart.ask("SELECT note, n FROM book, tally") == "torn|1")
    #expect(try await hub.head() == head + 1)
  }

  @Test("A flush that fails at the hub acknowledges nothing, and the hub goes on with what it has")
  func failingFlush() async throws {
    try await hub.stop()
    try await hub.serve(
      under: .trace(
        "fdatasync,fsync", to: folder.path("trace"), paths: [hub.store + "-wal"],
        inject: "fdatasync,fsync:error=EIO:when=1..2"))
    try await desk.change("INSERT INTO tally VALUES ('t', 'north', 1)")
    let outcome = try await desk("sync", "--json", "--deadline", "5")
    #expect(outcome.status == 1)
    #expect(try outcome.errorCode() == "hub_failed", "\(outcome.output)")
    #expect(try await desk.status()["pending"] as? Int == 1)
    try await hub.stop()
    try await hub.serve()
    for clerk in [desk, cart] { try await clerk.sync() }
    #expect(try await cart.ask("SELECT n FROM tally") == "1")
    for clerk in [desk, cart] { try await clerk.expectSettled() }
  }

  /// Root may write everywhere; without this right it is as anybody else.
  private var asAnybody: Tool.Wrapper {
    geteuid() == 0
      ? Tool.Wrapper("/usr/bin/setpriv", ["--bounding-set", "-dac_override,-dac_read_search"])
      : Tool.Wrapper("/usr/bin/env", [])
  }

  @Test("A file that may only be read, alone or in a folder that may only be read, is named and left as it was")
  func readOnly() async throws {
    let place = folder.path("shelf")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    // Closed by its last user, it is one file.
    let file = place + "/copy.db"
    _ = try await Tool.shell.run([desk.file, ".backup \(file)"], in: folder)
    let bytes = try Data(contentsOf: URL(filePath: file))
    for (fileMode, folderMode) in [(0o400, 0o700), (0o400, 0o500)] {
      try FileManager.default.setAttributes([.posixPermissions: fileMode], ofItemAtPath: file)
      try FileManager.default.setAttributes([.posixPermissions: folderMode], ofItemAtPath: place)
      let outcome = try await desk.client.run(
        ["--replica", file, "--schema", folder.path("schema.json"), "sync", "--json"], in: folder, under: asAnybody)
      #expect(outcome.status == 1)
      #expect(try outcome.errorCode() == "read_only", "\(outcome.output)")
      #expect(outcome.complaint.contains(file), "\(outcome.complaint)")
      #expect(try Data(contentsOf: URL(filePath: file)) == bytes)
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: place)
  }

  @Test("A data directory that may only be read does not serve, and says so")
  func readOnlyHub() async throws {
    try await hub.stop()
    for file in try FileManager.default.contentsOfDirectory(atPath: hub.data) {
      try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: hub.data + "/" + file)
    }
    let server = try Tool.built("relay-server")
    let outcome = try await server.run(
      ["serve", "--data", hub.data, "--listen", "127.0.0.1:0"], in: folder, under: asAnybody)
    #expect(outcome.status != 0)
    #expect(outcome.complaint.contains("read_only"), "\(outcome.complaint)")
  }
}
