import Foundation
import RelayProtocol
import Testing

/// The golden vectors, read as any other implementation reads them. `RELAY_WRITE_VECTORS=1` writes them first.
@Suite struct VectorTests {
  static let files: [VectorFile] = {
    if ProcessInfo.processInfo.environment["RELAY_WRITE_VECTORS"] != nil {
      for file in VectorFile.allCases {
        do {
          try Data(try file.generated().utf8).write(to: file.path)
        } catch {
          Issue.record(error)
        }
      }
    }
    return VectorFile.allCases
  }()

  @Test("the files say what this version of the protocol says", arguments: files)
  func current(_ file: VectorFile) throws {
    #expect(
      try file.generated() == (try file.text()),
      "\(file.path.lastPathComponent) is not what it was; make vectors writes it anew")
  }

  @Test("every valid vector is read as it says and written as it was", arguments: files)
  func valid(_ file: VectorFile) throws {
    for vector in (try file.read())["valid"]?.items ?? [] {
      let (name, kind, bytes) = try parts(vector)
      let (content, again) = try kind.read(bytes)
      #expect(content.canonical == vector["content"]?.canonical, "\(name)")
      #expect(again == vector["again"]?.string.map(hex) ?? bytes, "\(name)")
    }
  }

  @Test("every invalid vector is refused with its code")
  func invalid() throws {
    for vector in (try VectorFile.invalid.read())["invalid"]?.items ?? [] {
      let (name, kind, bytes) = try parts(vector)
      #expect(kind.code(reading: bytes)?.rawValue == vector["error"]?.string, "\(name)")
    }
  }

  @Test("every beginning of a message is refused")
  func truncated() throws {
    for vector in (try VectorFile.invalid.read())["truncated"]?.items ?? [] {
      let (name, kind, bytes) = try parts(vector)
      #expect(kind.code(reading: bytes) == nil, "\(name)")
      for count in bytes.indices {
        let code = kind.code(reading: Array(bytes[..<count]))
        #expect(code?.rawValue == vector["error"]?.string, "\(name): after \(count) bytes")
      }
    }
  }

  @Test("the hash chain holds: each transaction follows the one before, and parts give the whole")
  func chain() throws {
    let file = try VectorFile.chain.read()
    var previous = Hash128.zero
    var whole: [UInt8] = []
    for link in file["chain"]?.items ?? [] {
      whole = hex(link["hex"]?.string ?? "")
      let transaction = try Transaction(decoding: whole)
      #expect(transaction.previous == previous)
      let sealed = SealedTransaction(transaction)
      #expect(sealed.bytes == whole)
      #expect(sealed.hash.description == link["hash"]?.string)
      previous = sealed.hash
    }
    var joined: [UInt8] = []
    for vector in file["parts"]?.items ?? [] {
      let part = try #require(try SyncRequest(decoding: hex(vector["hex"]?.string ?? "")).part)
      #expect(part.hash == previous)
      #expect(part.offset == joined.count)
      joined += part.bytes
    }
    #expect(!whole.isEmpty && joined == whole)
    let forks = file["forks"]?.items ?? []
    #expect(forks.count == ChainVectors.sealed.count)
    for (fork, one) in zip(forks, ChainVectors.sealed) {
      #expect(fork["name"]?.string == Dot(.fork(one.dot, one.hash), 1).description)
    }
  }

  @Test("no vector has two names, and every kind of item has some")
  func names() {
    let valid = ValidVectors.small + ValidVectors.messages
    for list in [valid.map { "\($0.kind) \($0.name)" }, InvalidVectors.all.map { "\($0.kind) \($0.name)" }] {
      #expect(Set(list).count == list.count)
    }
    for kind in VectorKind.allCases {
      #expect(valid.contains { $0.kind == kind })
      #expect(InvalidVectors.all.contains { $0.kind == kind })
    }
  }

  private func parts(_ vector: JSON) throws -> (name: String, kind: VectorKind, bytes: [UInt8]) {
    let kind = try #require(vector["kind"]?.string.flatMap { VectorKind(rawValue: $0) })
    return (vector["name"]?.string ?? "", kind, hex(try #require(vector["hex"]?.string)))
  }
}
