/// How a sync is run.
public struct SyncOptions: Sendable {
  /// How often a request that found no hub is made before giving up.
  public var attempts = 5
  /// How long one request may take; nil for `longestRequest` and what the hub was asked to wait.
  public var requestDeadline: Duration?
  /// How long the hub may park the request while nothing is new. A local write ends the waiting.
  public var wait: Duration = .zero
  /// The most bytes of rows in a page; a line that does not carry so much gets smaller ones.
  public var pageBytes: UInt64 = 4 << 20
  /// The most bytes of pages that may wait in the file for the last one of their pull.
  public var stagedBytes: UInt64 = 2 << 30
  /// Waits between attempts, and before a sync says what it waits for.
  public var sleep: @Sendable (Duration) async throws(CancellationError) -> Void

  /// A request that took longer was too much for the line.
  public static let longestRequest: Duration = .seconds(300)

  public init(sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void) { self.sleep = sleep }
}
