internal import Dispatch
internal import RelayProtocol

/// Does what devices ask for, away from the threads that serve the network, and charges each with the time that it took.
///
/// Who has asked for much lately gives way to everybody else on the processor too: its work is done on threads of a lower
/// priority, so that somebody else's small sync need not wait for their turn to end.
final class WorkLanes: Sendable {
  private let common = DispatchQueue(label: "relay.work", attributes: .concurrent)
  private let patient = DispatchQueue(label: "relay.work.patient", qos: .background, attributes: .concurrent)
  private let budget: DeviceBudget

  init(budget: DeviceBudget) { self.budget = budget }

  /// - Parameters:
  ///   - device: whose time it is; 0 for what nobody is charged with.
  ///   - isLittle: it is done before another thread could be asked to.
  func run<T: Sendable>(
    for device: Int64, isLittle: Bool = false, _ body: @escaping @Sendable () throws(RelayError) -> T
  ) async throws(RelayError) -> T {
    guard !isLittle else { return try charged(device, body).get() }
    let lane = device != 0 && budget.isLarge(device) ? patient : common
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, RelayError>, Never>) in
      lane.async { continuation.resume(returning: self.charged(device, body)) }
    }
    return try result.get()
  }

  private func charged<T>(_ device: Int64, _ body: () throws(RelayError) -> T) -> Result<T, RelayError> {
    let start = ContinuousClock.now
    let result: Result<T, RelayError>
    do throws(RelayError) { result = .success(try body()) } catch { result = .failure(error) }
    if device != 0 { budget.charge(device, ContinuousClock.now - start) }
    return result
  }
}
