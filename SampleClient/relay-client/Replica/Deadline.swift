internal import Relay
internal import Synchronization

/// Runs `body` and cancels it when the time is up.
///
/// - Throws: what `body` throws; `deadline` where it was cut short.
func within<T: Sendable>(
  _ limit: Duration?, _ body: @escaping @Sendable () async throws(RelayError) -> T
) async throws(RelayError) -> T {
  guard let limit else { return try await body() }
  let isLate = Atomic(false)
  let result = await withTaskGroup(of: Result<T, RelayError>?.self) { group -> Result<T, RelayError>? in
    group.addTask {
      do throws(RelayError) { return .success(try await body()) } catch { return .failure(error) }
    }
    group.addTask {
      try? await Task.sleep(for: limit)
      return nil
    }
    // The alarm may be first; the work then ends by its cancellation and is waited for.
    var outcome: Result<T, RelayError>?
    for await result in group {
      if let result { outcome = result } else if outcome == nil { isLate.store(true, ordering: .relaxed) }
      group.cancelAll()
    }
    return outcome
  }
  switch result {
  case .success(let value): return value
  case .failure(let error) where error.code == .cancelled && isLate.load(ordering: .relaxed):
    throw RelayError(.deadline, "not finished within \(limit)")
  case .failure(let error): throw error
  case nil: throw RelayError(.cancelled, "the work was cancelled")
  }
}
