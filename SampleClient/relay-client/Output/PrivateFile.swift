internal import Foundation
internal import Relay

/// A new file for this user only.
enum PrivateFile {
  /// Writes the whole content and has it on disk when it returns; nothing is left where that fails.
  ///
  /// - Throws: `usage` where something is there already, `file_missing`, `read_only`, `disk_full` or `io_error`.
  static func create(_ path: String, _ content: Data) throws(RelayError) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      guard errno != EEXIST else {
        throw RelayError(.usage, "\(path) is there already", advice: "Nothing was changed. Name another file.")
      }
      throw failure(path)
    }
    let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
    do {
      try handle.write(contentsOf: content)
      try handle.synchronize()
      try handle.close()
    } catch {
      let failure = failure(path)
      unlink(path)
      throw failure
    }
  }

  private static func failure(_ path: String) -> RelayError {
    let code = errno
    let reason = String(cString: strerror(code))
    let codes: [Int32: ErrorCode] = [
      ENOENT: .fileMissing, ENOTDIR: .fileMissing, EACCES: .readOnly, EPERM: .readOnly, EROFS: .readOnly,
      ENOSPC: .diskFull, EDQUOT: .diskFull,
    ]
    return RelayError(codes[code] ?? .ioError, "\(path) cannot be written: \(reason)")
  }
}
