internal import Foundation
internal import Relay

/// The files of a rebuild: the damaged one is copied aside first, a new one is made beside it and then takes its place. At
/// no moment, wherever the machine stops, is there less than one of them whole; the next `rebuild` carries on.
struct RebuiltFile {
  let path: String

  /// The new one, while it is made.
  var fresh: String { path + ".rebuilt" }

  /// A copy in which may be written.
  var sealed: String { path + ".sealed" }

  /// Has a rebuild been cut off?
  var isUnfinished: Bool { FileManager.default.fileExists(atPath: fresh) && newest != nil }

  /// Copies the damaged file aside with its log, the file last: it is there once all is.
  ///
  /// - Returns: the copy; that of a rebuild that was cut off.
  func keep() throws(RelayError) -> String {
    if isUnfinished, let newest { return newest }
    guard FileManager.default.fileExists(atPath: path) else {
      throw RelayError(.fileMissing, "\(path): there is no such file")
    }
    let copy = name((number ?? 0) + 1)
    if FileManager.default.fileExists(atPath: path + "-wal") { try self.copy(path + "-wal", to: copy + "-wal") }
    try self.copy(path, to: copy + ".part")
    try move(copy + ".part", to: copy)
    return copy
  }

  /// What a rebuild that was cut off has left is made anew.
  func begin(from kept: String) throws(RelayError) {
    try remove(["-wal", "-shm", "-journal", Replica.sidecarSuffix, ""].map { fresh + $0 })
    try forgetSealed()
    if FileManager.default.fileExists(atPath: kept + "-wal") { try copy(kept + "-wal", to: sealed + "-wal") }
    try copy(kept, to: sealed)
  }

  private func forgetSealed() throws(RelayError) {
    try remove(["-wal", "-shm", Replica.sidecarSuffix, ""].map { sealed + $0 })
  }

  func finish() throws(RelayError) {
    guard !FileManager.default.fileExists(atPath: fresh + "-wal") else {
      throw RelayError(.busy, "\(fresh) is still in use", advice: "Nothing was lost. Run `rebuild` again.")
    }
    // The log of the damaged file is none of the new one's.
    try remove([path + "-wal", path + "-shm", fresh + "-shm"])
    if FileManager.default.fileExists(atPath: fresh + Replica.sidecarSuffix) {
      try move(fresh + Replica.sidecarSuffix, to: path + Replica.sidecarSuffix)
    }
    try move(fresh, to: path)
    try forgetSealed()
  }

  private func name(_ number: Int) -> String { path + ".damaged" + (number == 1 ? "" : "-\(number)") }

  private var number: Int? {
    var last: Int?
    for number in 1... {
      guard FileManager.default.fileExists(atPath: name(number)) else { return last }
      last = number
    }
    return last
  }

  private var newest: String? { number.map(name) }

  private func copy(_ source: String, to target: String) throws(RelayError) {
    try attempt(target) {
      if FileManager.default.fileExists(atPath: target) { try FileManager.default.removeItem(atPath: target) }
      try FileManager.default.copyItem(atPath: source, toPath: target)
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: target))
      try handle.synchronize()
      try handle.close()
    }
  }

  private func move(_ source: String, to target: String) throws(RelayError) {
    guard rename(source, target) == 0 else {
      throw RelayError(.ioError, "\(target) cannot be put in place: \(String(cString: strerror(errno)))")
    }
    let folder = open((target as NSString).deletingLastPathComponent.nonEmpty, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  private func remove(_ paths: [String]) throws(RelayError) {
    for path in paths where FileManager.default.fileExists(atPath: path) {
      try attempt(path) { try FileManager.default.removeItem(atPath: path) }
    }
  }

  private func attempt(_ path: String, _ body: () throws -> Void) throws(RelayError) {
    do { try body() } catch { throw RelayError(.ioError, "\(path): \(error.localizedDescription)") }
  }
}

extension String {
  fileprivate var nonEmpty: String { isEmpty ? "." : self }
}
