public import Relay

extension SyncOptions {
  /// Waits between attempts as Swift's own tasks wait; a cancelled task waits no longer.
  public static var system: SyncOptions {
    SyncOptions { (wait) async throws(CancellationError) in
      do { try await Task.sleep(for: wait) } catch { throw CancellationError() }
    }
  }
}
