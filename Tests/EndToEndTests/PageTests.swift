import Foundation
import Relay
import RelayCurl
import Testing

/// What the pages show is what works: Swift is compiled and run as it stands there, SQL is run, tours are walked.
@Suite struct PageTests {
  @Test("Every Swift block of a page stands, line for line, in a test that is compiled and run")
  func swiftIsCompiled() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let sources = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasPrefix("EmbeddingPage") && $0.hasSuffix(".swift") }
      .map { trimmed(try String(contentsOf: folder.appending(path: $0), encoding: .utf8)) }
    var count = 0
    for page in try Page.all() {
      for block in page.blocks(in: "swift") {
        // Imports stand at the head of a source.
        let lines = trimmed(block.text).split(separator: "\n").filter { !$0.hasPrefix("import ") }
        let text = "\n" + lines.joined(separator: "\n") + "\n"
        #expect(
          sources.contains { $0.contains(text) }, "\(page.name):\(block.line) is in no EmbeddingPage*.swift:\n\(text)")
        count += 1
      }
    }
    #expect(count > 5)
  }

  @Test("Every SQL block of a page runs on a replica that holds the table it speaks of")
  func sqlRuns() async throws {
    let folder = try Folder()
    let replica = try Replica(at: folder.path("book.db"), schema: EmbeddingPage.schema, environment: .system) { db in
      try db.script(EmbeddingPage.tables)
    }
    var count = 0
    for page in try Page.all() {
      for block in page.blocks(in: "sql") {
        let outcome = try await Tool.shell.run([replica.path, block.text], in: folder)
        #expect(outcome.status == 0, "\(page.name):\(block.line): \(outcome.complaint)")
        count += 1
      }
    }
    #expect(count > 0)
  }

  @Test("The README's five minutes run as written, and end as they say")
  func readme() async throws {
    let output = try await walk("README.md")
    let lines = output.split(separator: "\n").map(String.init)
    // Both clerks had moved the book, and lent it once and twice.
    #expect(lines.contains("B|3") || lines.contains("C|3"))
    #expect(lines.contains("D"))
    #expect(output.contains("conflict"))
  }

  @Test("The reference app's tour runs as written")
  func referenceApp() async throws {
    let output = try await walk("docs/reference-app.md")
    #expect(output.contains("nothing to settle"))
  }

  /// Runs a page's shell blocks, one after the other, as one person would: in a folder of their own, on a free port, and
  /// without the lines that build what the test has built already.
  private func walk(_ name: String) async throws -> String {
    let folder = try Folder()
    let programs = try Tool.built("relay-client").executable.deletingLastPathComponent().path
    var script =
      "set -eu\nshopt -s expand_aliases\nexport PATH=\"\(programs):$PATH\"\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    var lines = 0
    for block in try Page(name).blocks(in: "sh") {
      for line in block.text.split(separator: "\n", omittingEmptySubsequences: false) {
        if ["make setup", "swift build", "export PATH="].contains(where: { line.hasPrefix($0) }) { continue }
        script += (line.hasPrefix("mkdir /tmp/") ? "cd \(folder.path("."))" : String(line)) + "\n"
        lines += 1
      }
    }
    #expect(lines > 10)
    script = script.replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(try freePort())")
    let file = folder.path("tour.sh")
    try script.write(toFile: file, atomically: true, encoding: .utf8)
    let outcome = try await Tool(executable: URL(filePath: "/bin/bash")).run([file], in: folder)
    #expect(outcome.status == 0, "\(name): \(outcome.output)\(outcome.complaint)")
    return outcome.output
  }

  private func trimmed(_ text: String) -> String {
    "\n"
      + text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      .joined(separator: "\n") + "\n"
  }

  /// A port that nobody listened on a moment ago.
  private func freePort() throws -> Int {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer -> UInt16? in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { any in
        guard bind(listener, any, length) == 0, getsockname(listener, any, &length) == 0 else { return nil }
        return UInt16(bigEndian: pointer.pointee.sin_port)
      }
    }
    return Int(try #require(port))
  }
}
