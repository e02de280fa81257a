internal import RelayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The only place where the server takes time and chance from the machine; everything below is handed values.
enum SystemEdge {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Milliseconds since some moment, of a clock that never jumps.
  static func uptime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  static func random128() -> Hash128 {
    var source = SystemRandomNumberGenerator()
    return Hash128(high: source.next(), low: source.next())
  }

  /// A device's credential: the organisation, so that another hub's is known for one, and 256 random bits, in
  /// hexadecimal digits.
  static func token(_ organisation: Hash128) -> String { "\(organisation).\(random128())\(random128())" }

  /// A one-time code for people: 130 random bits as 26 signs of Crockford's alphabet, which has no I, L, O and U.
  static func code() -> String {
    let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    var source = SystemRandomNumberGenerator()
    return String((0..<26).map { _ in alphabet[Int(source.next() >> 59)] })
  }

  /// What a number of the system's means.
  static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }

  /// - Returns: nil where the variable is missing or empty.
  static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// Lets this process open as many files as the system allows it: every parked pull is one, and shells start programs
  /// with a limit of 1,024.
  static func allowManyConnections() {
    var limit = rlimit()
    #if canImport(Glibc)
      let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let files = RLIMIT_NOFILE
    #endif
    guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(files, &limit)
  }

  /// Keeps the C library from holding on to memory: for every thread that ever wanted much of it, and for large blocks
  /// whose like was given up once, which without a word go back into what it never returns (mallopt's M_ARENA_MAX and
  /// M_MMAP_THRESHOLD).
  static func sparesMemory() {
    #if canImport(Glibc)
      // Exported, but not in the C library's Swift module.
      guard let symbol = dlsym(nil, "mallopt") else { return }
      let mallopt = unsafeBitCast(symbol, to: (@convention(c) (CInt, CInt) -> CInt).self)
      _ = mallopt(-8, 2)
      _ = mallopt(-3, 128 << 10)
    #endif
  }

  /// Gives memory that nobody uses back to the system.
  static func giveBackMemory() {
    #if canImport(Glibc)
      guard let trim = dlsym(nil, "malloc_trim") else { return }
      _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> CInt).self)(0)
    #endif
  }

  /// The system's error of the last call.
  ///
  /// - Parameter isReading: a file that may not be read counts as one that is not there.
  static func error(_ what: String, isReading: Bool = false) -> RelayError {
    let number = errno
    let code: ErrorCode =
      switch number {
      case ENOSPC, EDQUOT: .diskFull
      case ENOENT, ENOTDIR: .fileMissing
      case EACCES, EPERM, EROFS: isReading ? .fileMissing : .readOnly
      default: .ioError
      }
    return RelayError(code, "\(what): \(reason(number))")
  }
}
