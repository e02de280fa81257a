/// The one error that Relay's modules throw: a stable code for programs, what happened for the person, what to do next.
public struct RelayError: Error, Equatable, Sendable, CustomStringConvertible {
  public var code: ErrorCode
  /// What happened, and to which file, table, row or byte.
  public var message: String
  /// What is safe and what to do now.
  public var advice: String

  public init(_ code: ErrorCode, _ message: String, advice: String? = nil) {
    self.code = code
    self.message = message
    self.advice = advice ?? code.advice
  }

  public var description: String { "\(code.rawValue): \(message). \(advice)" }
}

/// The stable codes of everything that can go wrong; the table in docs/errors.md is this list.
public enum ErrorCode: String, Sendable, CaseIterable {
  // The message or file that came in.
  case malformedMessage = "malformed_message"
  case limitExceeded = "limit_exceeded"
  case unsupportedVersion = "unsupported_version"
  case schemaInvalid = "schema_invalid"
  case schemaMismatch = "schema_mismatch"
  case schemaTooOld = "schema_too_old"
  case schemaTooNew = "schema_too_new"

  // The database file.
  case notADatabase = "not_a_database"
  case fileMissing = "file_missing"
  case readOnly = "read_only"
  case diskFull = "disk_full"
  case busy = "busy"
  case notAttached = "not_attached"
  case fileReplaced = "file_replaced"
  case corrupt = "corrupt"
  case damagedWork = "damaged_work"
  case ioError = "io_error"
  case constraint = "constraint"
  case sql = "sql"
  case wrongOrganisation = "wrong_organisation"
  case notAllowed = "not_allowed"
  case nested = "nested_call"

  // A local write.
  case valueNotAllowed = "value_not_allowed"
  case roleForbids = "role_forbids"
  case transactionTooLarge = "transaction_too_large"
  case entryUnknown = "entry_unknown"
  case rowUnknown = "row_unknown"
  case momentVoid = "moment_void"
  case notFound = "not_found"

  // The talk with the hub.
  case notEnrolled = "not_enrolled"
  case alreadyEnrolled = "already_enrolled"
  case codeInvalid = "code_invalid"
  case unauthorized = "unauthorized"
  case revoked = "revoked"
  case hubUnreachable = "hub_unreachable"
  case hubNameUnknown = "hub_name_unknown"
  case connectionRefused = "connection_refused"
  case connectionLost = "connection_lost"
  case hubSilent = "hub_silent"
  case certificateUntrusted = "certificate_untrusted"
  case certificateExpired = "certificate_expired"
  case plainHTTP = "plain_http"
  case signInPage = "sign_in_page"
  case proxyPassword = "proxy_password"
  case requestTooLarge = "request_too_large"
  case noProgress = "no_progress"
  case hubOverloaded = "hub_overloaded"
  case slowDown = "slow_down"
  case storeUnreachable = "store_unreachable"
  case hubFailed = "hub_failed"
  case wrongAnswer = "wrong_answer"
  case hubRolledBack = "hub_rolled_back"
  case replicaForked = "replica_forked"
  case wrongHub = "wrong_hub"
  case pageVoid = "page_void"
  case outOfOrder = "out_of_order"
  case deadline = "deadline"
  case cancelled = "cancelled"

  case usage = "usage"
  case invariant = "invariant"

  /// What is safe and what to do, where the thrower knows nothing better.
  public var advice: String {
    switch self {
    case .malformedMessage: "Nothing was changed. One side is broken or an intermediary altered the bytes; try again."
    case .limitExceeded: "Nothing was changed. Send less at a time."
    case .unsupportedVersion: "Nothing was changed and local work is kept. Update the older side."
    case .schemaInvalid: "Nothing was changed. Correct the sync schema file."
    case .schemaMismatch: "Nothing was changed and local work is kept. Bring tables and sync schema together."
    case .schemaTooOld:
      "Local work is kept, can be added to and exported. Update the app; what waits then goes out by itself."
    case .schemaTooNew: "Nothing was judged and local work is kept. It goes out once the hub is updated."
    case .notADatabase: "Nothing was changed. Name a SQLite database file."
    case .fileMissing: "Nothing was created. Check the path."
    case .readOnly: "Nothing was changed; reading still works. Make the file and its folder writable."
    case .diskFull: "Nothing was half-done; reading still works. Free some space and repeat."
    case .busy: "Nothing was changed. Another process holds the file; repeat when it is done."
    case .notAttached: "Nothing was changed. Name a file that an app of this sync schema made, or enrol a new one."
    case .fileReplaced: "Nothing more was written. Open the file that is there now; what the old one held went with it."
    case .damagedWork:
      "Nothing of it was sent. Keep the file; `relay-client rebuild` names what is damaged, and sends what is whole."
    case .corrupt:
      "Stop writing to this file and keep it. `relay-client rebuild` names the damage and keeps unsent work that is whole."
    case .ioError: "Nothing was half-done. Check the disk and repeat."
    case .constraint: "Nothing was changed. Correct the values and repeat."
    case .sql: "Nothing was changed. Correct the statement and repeat."
    case .wrongOrganisation: "Nothing was changed. This file belongs to another sync schema or hub."
    case .notAllowed: "Nothing was changed. Do this outside of the closure, on a connection of your own."
    case .nested: "Nothing was changed. Use the connection that the closure was lent."
    case .valueNotAllowed: "Nothing was changed. Correct the value and repeat."
    case .roleForbids: "Nothing was changed. Ask somebody whose role may write this."
    case .transactionTooLarge: "Nothing was changed. Write it in several transactions."
    case .entryUnknown: "Nothing was changed. List the inbox again."
    case .rowUnknown: "Nothing was changed. Check the key."
    case .momentVoid: "Nothing was changed. Read the rows again and repeat."
    case .notFound: "Nothing was changed. Check the name, or sync: it may not be on this device yet."
    case .notEnrolled: "Local work is kept. Enrol this replica with a hub first."
    case .alreadyEnrolled: "Nothing was changed. A replica belongs to one hub."
    case .codeInvalid: "Nothing was changed. Ask the hub's operator for a new code."
    case .unauthorized: "Local work is kept. The hub does not know this device's credential."
    case .revoked: "Local work is kept. The operator revoked this device; ask there."
    case .hubUnreachable: "Local work is kept and goes out with the next sync."
    case .hubNameUnknown: "Local work is kept. Check the network, and the hub's name."
    case .connectionRefused: "Local work is kept. Nothing listens at this address now; check it, or try again later."
    case .connectionLost: "What arrived is kept; the rest goes with the next sync."
    case .hubSilent: "Local work is kept. Try again later; what arrived is kept too."
    case .certificateUntrusted:
      "Nothing was sent. Somebody else may answer: check the address, and whether the network wants a sign-in."
    case .certificateExpired: "Nothing was sent. Check this device's clock; if it is right, tell the hub's operator."
    case .plainHTTP:
      "Nothing was sent. Use the hub's https:// address; say --plain-http only where the whole network is yours."
    case .signInPage: "Local work is kept. Sign in to the network in a browser, then sync again."
    case .proxyPassword: "Local work is kept. Give the proxy's name and password with its address (https_proxy)."
    case .requestTooLarge:
      "Local work is kept. Ask whoever runs the network or the proxy before the hub to allow bodies of 64 kB."
    case .noProgress:
      "Local work is kept and nothing was installed in part. Try again later; if it stays, tell the hub's operator."
    case .hubOverloaded: "Local work is kept. Try again in a moment."
    case .slowDown: "Local work is kept. Try again when the hub says so."
    case .storeUnreachable: "Nothing that was acknowledged is lost. Repeat when the hub's database is back."
    case .hubFailed:
      "Local work is kept and goes out once the hub works again. Its operator finds the reason in its log."
    case .wrongAnswer:
      "Nothing was installed and local work is kept; it is asked again. Something between here and the hub mixes answers up."
    case .hubRolledBack: "Local work is kept. The hub knows nothing of what this device has seen; ask its operator."
    case .replicaForked: "Local work is kept. Too many copies of this file have written under the same name."
    case .wrongHub: "Local work is kept. This address is another organisation's hub."
    case .pageVoid: "Nothing was changed. The pull starts again by itself."
    case .outOfOrder: "Nothing was changed. Earlier transactions must arrive first."
    case .deadline: "What was finished is kept; the rest goes with the next sync."
    case .cancelled: "What was finished is kept; the rest goes with the next sync."
    case .usage: "Nothing was changed. See --help."
    case .invariant: "The file was left as it was. This is a defect: please report it with the message."
    }
  }
}
