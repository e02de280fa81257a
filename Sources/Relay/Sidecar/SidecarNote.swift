internal import RelayProtocol

/// What stands in a sidecar: a mark that the file beside it has too, and what the system calls that file.
struct SidecarNote: Equatable {
  var mark: Hash128
  /// `Environment.fileID`; nil where the system cannot tell.
  var file: UInt64?

  private static let heading =
    "Relay: this belongs to the file of the same name beside it, and to no copy. Leave it out of backups.\n"

  /// Always as long, and shorter than a sector of any disk.
  var bytes: [UInt8] {
    let file = self.file.map { ReplicaID(bits: $0).description } ?? String(repeating: "-", count: 16)
    return Array("\(Self.heading)mark \(mark.description)\nfile \(file)\n".utf8)
  }

  init(mark: Hash128, file: UInt64?) { (self.mark, self.file) = (mark, file) }

  /// - Returns: nil for anything that `bytes` does not give.
  init?(_ bytes: [UInt8]) {
    let lines = String(decoding: bytes.dropFirst(Self.heading.utf8.count), as: UTF8.self).split(separator: "\n")
    guard lines.count == 2, let mark = Hash128(hexadecimal: String(lines[0].dropFirst(5))) else { return nil }
    self.init(mark: mark, file: ReplicaID(String(lines[1].dropFirst(5)))?.bits)
    guard self.bytes == bytes else { return nil }
  }
}
