internal import CSQLite
public import RelayProtocol

/// What an app's tables may need of a connection: its own SQL functions, given one by one or by a loadable extension.
extension Database {
  /// Registers a function for checks, triggers, indexes and queries.
  ///
  /// - Parameters:
  ///   - arguments: how many it takes; -1 for any number.
  ///   - isDeterministic: the same arguments always give the same value, as indexes and checks ask for.
  /// - Throws: `sql` where SQLite takes no such function.
  public func define(
    _ name: String, arguments: Int, isDeterministic: Bool = true, _ body: @escaping @Sendable ([Value]) -> Value
  ) throws(RelayError) {
    let function = Unmanaged.passRetained(AppFunction(body)).toOpaque()
    let flags = SQLITE_UTF8 | (isDeterministic ? SQLITE_DETERMINISTIC : 0)
    // SQLite gives the function back by the last argument, also where it refuses to take it.
    let result = sqlite3_create_function_v2(
      handle, name, Int32(clamping: arguments), flags, function,
      { context, count, values in
        guard let context, let data = sqlite3_user_data(context) else { return }
        let function = Unmanaged<AppFunction>.fromOpaque(data).takeUnretainedValue()
        AppFunction.give(function.body((0..<Int(count)).map { AppFunction.value(values?[$0]) }), to: context)
      }, nil, nil,
      { data in if let data { Unmanaged<AppFunction>.fromOpaque(data).release() } })
    guard result == SQLITE_OK else { throw error(result, sql: "function \(name)") }
  }

  /// Loads an extension: a shared library that registers functions, collations and modules
  /// (https://sqlite.org/loadext.html). Its code runs in this process with all of its rights.
  ///
  /// - Throws: `sql` with SQLite's words where it cannot be loaded.
  public func load(extension path: String) throws(RelayError) {
    relay_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nil)
    defer { relay_sqlite3_db_config_flag(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nil) }
    var message: UnsafeMutablePointer<CChar>?
    defer { sqlite3_free(message) }
    guard sqlite3_load_extension(handle, path, nil, &message) == SQLITE_OK else {
      let words = message.map { String(cString: $0) } ?? "no reason given"
      throw RelayError(.sql, "the extension \(path) cannot be loaded: \(words)")
    }
  }
}

/// A function of the app's as SQLite keeps it.
private final class AppFunction: Sendable {
  let body: @Sendable ([Value]) -> Value

  init(_ body: @escaping @Sendable ([Value]) -> Value) { self.body = body }

  static func value(_ argument: OpaquePointer?) -> Value {
    func bytes(_ start: UnsafeRawPointer?) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(argument)))
    }
    switch sqlite3_value_type(argument) {
    case SQLITE_INTEGER: return .integer(sqlite3_value_int64(argument))
    case SQLITE_FLOAT: return .real(sqlite3_value_double(argument))
    case SQLITE_TEXT: return .text(bytes: bytes(sqlite3_value_text(argument).map { UnsafeRawPointer($0) }))
    case SQLITE_BLOB: return .blob(Array(bytes(sqlite3_value_blob(argument))))
    default: return .null
    }
  }

  static func give(_ value: Value, to context: OpaquePointer) {
    switch value {
    case .null: sqlite3_result_null(context)
    case .integer(let x): sqlite3_result_int64(context, x)
    case .real(let x): sqlite3_result_double(context, x)
    case .text(let x): give(Array(x.utf8), isText: true, to: context)
    case .malformedText(let x): give(x, isText: true, to: context)
    case .blob(let x): give(x, isText: false, to: context)
    }
  }

  private static func give(_ bytes: [UInt8], isText: Bool, to context: OpaquePointer) {
    // The destructor -1 asks SQLite to copy the bytes (https://sqlite.org/c3ref/c_static.html).
    let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    // A null pointer would give NULL instead of nothing.
    guard !bytes.isEmpty else {
      if isText { sqlite3_result_text(context, "", 0, copies) } else { sqlite3_result_zeroblob(context, 0) }
      return
    }
    bytes.withUnsafeBufferPointer { raw in
      raw.withMemoryRebound(to: CChar.self) { text in
        if isText {
          sqlite3_result_text64(context, text.baseAddress, UInt64(bytes.count), copies, UInt8(SQLITE_UTF8))
        } else {
          sqlite3_result_blob64(context, text.baseAddress, UInt64(bytes.count), copies)
        }
      }
    }
  }
}
