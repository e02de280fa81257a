import Foundation
import Testing

/// What commands leave that were killed in the middle; Tests/Faults/sweep.py found each of these.
@Suite(.timeLimit(.minutes(5)))
struct CutOffTests {
  let folder: Folder
  let hub: HubProcess

  init() async throws {
    folder = try Folder()
    hub = try await HubProcess(in: folder)
  }

  @Test("A file without a byte, as an enrolment leaves it that was killed while it made the file, is enrolled")
  func emptyFile() async throws {
    try await hub.serve()
    let desk = try Clerk("desk", in: folder)
    try Data().write(to: URL(filePath: desk.file))
    #expect(try await desk("status", "--json").errorCode() == "not_attached")
    #expect(try Data(contentsOf: URL(filePath: desk.file)).isEmpty, "a look has changed the file")
    try await hub.enrol(desk, scopes: ["branch/north"])
    try await desk.sync()
  }

  @Test("A file with the journal of a transaction that was killed is read, and is as it was before that transaction")
  func hotJournal() async throws {
    // The shell is killed in its transaction: strace ends it at the write to the file that follows the journal's flush.
    let file = folder.path("desk.db")
    _ = try await Tool.shell.run([file, "CREATE TABLE other (a); INSERT INTO other VALUES (1)"], in: folder)
    _ = try await Tool.shell.run(
      [file, "UPDATE other SET a = 2"], in: folder,
      under: .trace("pwrite64", to: folder.path("trace"), paths: [file], inject: "pwrite64:signal=KILL:when=1"))
    #expect(FileManager.default.fileExists(atPath: file + "-journal"))
    #expect(try await Clerk("desk", in: folder)("status", "--json").errorCode() == "not_attached")
    let kept = try await Tool.shell.run([file, "SELECT a FROM other"], in: folder)
    #expect(kept.output == "1\n", "\(kept.complaint)")
  }

  @Test("Half of a copy has another name, and does not hinder the next one; a name that is taken is told as that")
  func halfACopy() async throws {
    let copy = folder.path("copy.db")
    try Data(repeating: 1, count: 5000).write(to: URL(filePath: copy + ".half"))
    try await hub.call("backup", "--data", hub.data, copy)
    #expect(!FileManager.default.fileExists(atPath: copy + ".half"))
    let bytes = try Data(contentsOf: URL(filePath: copy))
    let again = try await hub.attempt("backup", "--data", hub.data, copy)
    #expect(again.status == 2 || again.status == 1)
    #expect(again.complaint.contains("usage: \(copy) is there already"), "\(again.complaint)")
    #expect(try Data(contentsOf: URL(filePath: copy)) == bytes)
  }

  @Test("A restore that was killed between two names overwrites nothing that it had set aside")
  func halfARestore() async throws {
    let copy = folder.path("copy.db")
    try await hub.call("backup", "--data", hub.data, copy)
    // The log was set aside, the file not yet; half of the new file is there.
    let log = Data("the log of before".utf8)
    try log.write(to: URL(filePath: hub.store + ".before-1-wal"))
    try Data(repeating: 1, count: 5000).write(to: URL(filePath: hub.store + ".half"))
    try await hub.call("restore", "--data", hub.data, copy)
    #expect(try Data(contentsOf: URL(filePath: hub.store + ".before-1-wal")) == log)
    #expect(FileManager.default.fileExists(atPath: hub.store + ".before-2"))
    try await hub.serve()
    let desk = try Clerk("desk", in: folder)
    try await hub.enrol(desk, scopes: ["branch/north"])
    try await desk.sync()
  }

  @Test("What the hub had in its log when it was killed is in the file that a restore sets aside")
  func setAsideWhole() async throws {
    let copy = folder.path("copy.db")
    try await hub.call("backup", "--data", hub.data, copy)
    try await hub.serve()
    let desk = try Clerk("desk", in: folder)
    try await hub.enrol(desk, scopes: ["branch/north"])
    try await desk.change("INSERT INTO tally VALUES ('t', 'north', 1)")
    try await desk.sync()
    try await hub.kill()
    #expect(FileManager.default.fileExists(atPath: hub.store + "-wal"))
    try await hub.call("restore", "--data", hub.data, copy)
    #expect(!FileManager.default.fileExists(atPath: hub.store + ".before-1-wal"))
    let kept = try await Tool.shell.run([hub.store + ".before-1", "SELECT count(*) FROM txn"], in: folder)
    #expect(kept.output == "1\n", "\(kept.complaint)")
  }

  @Test("A hub whose disk has no room for what its connections share says that the disk is full, and harms nothing")
  func noRoomToShare() async throws {
    let server = try Tool.built("relay-server")
    let outcome = try await server.run(
      ["serve", "--data", hub.data, "--listen", "127.0.0.1:0"], in: folder,
      under: .trace(
        "pwrite64,fallocate", to: folder.path("trace"), paths: [hub.store + "-shm"],
        inject: "pwrite64,fallocate:error=ENOSPC:when=1+"))
    #expect(outcome.status == 1)
    #expect(outcome.complaint.contains("disk_full"), "\(outcome.complaint)")
    try await hub.serve()
  }
}
