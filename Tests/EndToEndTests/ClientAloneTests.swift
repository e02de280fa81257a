import Foundation
import Testing

/// The client where no hub answers: exit codes, errors and files.
@Suite(.timeLimit(.minutes(2)))
struct ClientAloneTests {
  let folder: Folder
  let clerk: Clerk

  init() throws {
    folder = try Folder()
    clerk = try Clerk("desk", in: folder)
  }

  @Test("A hub that is away ends enrolment with 4; the file is there, private and unenrolled, and works")
  func hubAway() async throws {
    let outcome = try await clerk("enroll", "--hub", "http://127.0.0.1:1", "--code", "ANY", "--json")
    #expect(outcome.status == 4)
    #expect(try outcome.errorCode() == "connection_refused")
    #expect(outcome.complaint.hasPrefix("connection_refused: "))

    let mode = try FileManager.default.attributesOfItem(atPath: clerk.file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try await clerk.shell("INSERT INTO book VALUES ('b1', 'north', 'Atlas', 'A', NULL)").status == 0)
    let status = try await clerk("status", "--json")
    #expect(status.status == 0)
    #expect(try status.object()["pending"] as? Int == 1)
    #expect(try status.object()["rows"] as? Int == 1)
  }

  @Test("A sync before enrolment says so, and status remembers why")
  func syncBeforeEnrolment() async throws {
    _ = try await clerk("enroll", "--hub", "http://127.0.0.1:1", "--code", "ANY")
    let outcome = try await clerk("sync", "--json")
    #expect(outcome.status == 1)
    #expect(try outcome.errorCode() == "not_enrolled")
    let lastError = try await clerk("status", "--json").object()["lastError"] as? [String: Any]
    #expect(lastError?["code"] as? String == "not_enrolled")
  }

  @Test("A file that is no database is named as such and left as it was")
  func notADatabase() async throws {
    let text = String(repeating: "minutes of the meeting\n", count: 100)
    try text.write(toFile: clerk.file, atomically: true, encoding: .utf8)
    for command in ["status", "sync", "inbox"] {
      let outcome = try await clerk(command, "--json")
      #expect(outcome.status == 1)
      #expect(try outcome.errorCode() == "not_a_database")
    }
    #expect(try String(contentsOfFile: clerk.file, encoding: .utf8) == text)
  }

  @Test("A file that is not there is not made by looking at it")
  func missingFile() async throws {
    let outcome = try await clerk("status", "--json")
    #expect(outcome.status == 1)
    #expect(try outcome.errorCode() == "file_missing")
    #expect(!FileManager.default.fileExists(atPath: clerk.file))
  }

  @Test("Wrong use ends with 2 and changes nothing")
  func usage() async throws {
    #expect(try await clerk("status", "--colour").status == 2)
    #expect(try await clerk("inbox", "resolve", "c-1").status == 2)
    #expect(try await clerk("sync", "--deadline", "0").status == 2)
    #expect(try await clerk("enroll", "--hub", "ftp://127.0.0.1", "--code", "ANY").status == 2)
    #expect(!FileManager.default.fileExists(atPath: clerk.file))
  }
}
