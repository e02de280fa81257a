internal import RelayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

enum Files {
  /// - Throws: `file_missing`, `limit_exceeded` or `io_error`.
  static func read(_ path: String, most: Int = 8 << 20) throws(RelayError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw SystemEdge.error("cannot read \(path)", isReading: true) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = readBytes(file, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemEdge.error("cannot read \(path)", isReading: true) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: piece[..<count])
      guard bytes.count <= most else { throw RelayError(.limitExceeded, "\(path) has more than \(most) bytes") }
    }
  }

  /// Writes a small file so that a reader sees all of it or nothing.
  static func write(_ text: String, to path: String) throws(RelayError) {
    let half = path + ".new"
    let file = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw SystemEdge.error("cannot write \(half)") }
    var bytes = Array(text.utf8)
    let count = writeBytes(file, &bytes, bytes.count)
    close(file)
    guard count == bytes.count, renameFile(half, path) == 0 else { throw SystemEdge.error("cannot write \(path)") }
  }

  /// Has a file, and that it is there, on the disk.
  static func flush(_ path: String) throws(RelayError) {
    let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    for place in [path, directory.isEmpty ? "/" : directory] {
      let file = open(place, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { throw SystemEdge.error("cannot open \(place)") }
      defer { close(file) }
      guard fsync(file) == 0 else { throw SystemEdge.error("cannot flush \(place)") }
    }
  }

  static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Do both paths lead to one file that is there?
  static func isSame(_ one: String, _ other: String) -> Bool {
    var (a, b) = (stat(), stat())
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino
  }

  /// - Throws: `usage` where something is there.
  static func checkFree(_ path: String) throws(RelayError) {
    guard isThere(path) else { return }
    throw RelayError(.usage, "\(path) is there already", advice: "Nothing was changed. Name a file that is not there.")
  }

  /// Sees to it that there is no such file.
  static func remove(_ path: String) throws(RelayError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw SystemEdge.error("cannot remove \(path)") }
  }

  /// Gives a file that was flushed its name, on the disk too.
  static func rename(_ path: String, to name: String) throws(RelayError) {
    guard renameFile(path, name) == 0 else { throw SystemEdge.error("cannot rename \(path)") }
    try flush(name)
  }

  /// Renames a file, and those that go with it, to the first name that is free. What was cut off before is carried on.
  ///
  /// - Returns: the name; nil where there was no file.
  static func setAside(_ path: String, with endings: [String]) throws(RelayError) -> String? {
    let all = endings + [""]
    guard all.contains(where: { isThere(path + $0) }) else { return nil }
    var number = 1
    while all.contains(where: { isThere("\(path).before-\(number)" + $0) }) { number += 1 }
    let kept = "\(path).before-\(number)"
    for ending in all where isThere(path + ending) {
      guard renameFile(path + ending, kept + ending) == 0 else {
        throw SystemEdge.error("cannot rename \(path + ending)")
      }
    }
    return kept
  }

  /// Makes the data directory, for its owner only; one that is there becomes private too.
  static func makeDirectory(_ path: String) throws(RelayError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemEdge.error("cannot make \(path)") }
    guard chmod(path, 0o700) == 0 else { throw SystemEdge.error("cannot make \(path) private") }
  }
}

/// Keeps a second `serve` off a data directory for as long as it lives; the kernel lets go when the process ends,
/// however it ends.
final class DirectoryLock: Sendable {
  private let file: Int32

  /// - Throws: `busy` where another process serves the directory.
  init(_ directory: String) throws(RelayError) {
    let path = directory + "/serve.lock"
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SystemEdge.error("cannot open \(path)") }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let held = errno == EWOULDBLOCK
      close(file)
      guard held else { throw SystemEdge.error("cannot lock \(path)") }
      throw RelayError(
        .busy, "another relay-server serves \(directory)", advice: "Nothing was changed. Stop that one first.")
    }
  }

  deinit { close(file) }
}

// `Files.read`, `Files.write` and `Files.rename` hide the C functions of the same names.
private func readBytes(_ file: Int32, _ bytes: UnsafeMutableRawPointer, _ most: Int) -> Int { read(file, bytes, most) }
private func writeBytes(_ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(file, bytes, count) }
private func renameFile(_ path: String, _ name: String) -> Int32 { rename(path, name) }
