/// Which of the observed tables commits have changed since the observer last looked.
public struct TableChanges: Sendable, Equatable {
  /// Changed by writes on this device: of this app, or of another program on the same file.
  public var fromHere: [String]
  /// Changed by what the hub sent: rows that came or went, and verdicts that took own work out of the view.
  public var fromHub: [String]

  public init(fromHere: [String] = [], fromHub: [String] = []) {
    self.fromHere = fromHere
    self.fromHub = fromHub
  }

  /// All of them, ascending.
  public var tables: [String] { Set(fromHere).union(fromHub).sorted() }
}

/// Tables that one transaction, or several that were not told yet, changed.
struct TouchedTables: Sendable {
  var here: Set<String> = []
  var hub: Set<String> = []

  var isEmpty: Bool { here.isEmpty && hub.isEmpty }

  mutating func formUnion(_ other: TouchedTables) {
    here.formUnion(other.here)
    hub.formUnion(other.hub)
  }

  func among(_ tables: Set<String>) -> TouchedTables {
    TouchedTables(here: here.intersection(tables), hub: hub.intersection(tables))
  }
}

/// The changes of some tables, for one `for await` loop. What happens while the loop is busy is told as one change, so
/// nothing piles up.
public struct TableChangeSequence: AsyncSequence, Sendable {
  public typealias Element = TableChanges
  public typealias Failure = Never

  let observer: Observer

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(observer: observer) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    let observer: Observer

    /// - Returns: nil when the task was cancelled or the replica is gone.
    public mutating func next() async -> TableChanges? { await observer.next() }

    public mutating func next(isolation actor: isolated (any Actor)?) async -> TableChanges? { await observer.next() }
  }
}

final class Observer: Sendable {
  private struct State {
    var untold = TouchedTables()
    var waiter: CheckedContinuation<TableChanges?, Never>?
    var isOver = false

    /// What there is to tell now; nil for nothing.
    mutating func take() -> TableChanges? {
      guard !untold.isEmpty else { return nil }
      let changes = TableChanges(fromHere: untold.here.sorted(), fromHub: untold.hub.sorted())
      untold = TouchedTables()
      return changes
    }
  }

  let tables: Set<String>
  private let state = Lock(State())

  init(_ tables: Set<String>) { self.tables = tables }

  func tell(_ touched: TouchedTables) {
    let mine = touched.among(tables)
    guard !mine.isEmpty else { return }
    let (waiter, changes) = state.withLock { state in
      state.untold.formUnion(mine)
      guard let waiter = state.waiter else {
        return (CheckedContinuation<TableChanges?, Never>?.none, TableChanges?.none)
      }
      state.waiter = nil
      return (waiter, state.take())
    }
    waiter?.resume(returning: changes)
  }

  func finish() {
    let waiter = state.withLock { state in
      state.isOver = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: nil)
  }

  func next() async -> TableChanges? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (now, changes, before) = state.withLock { state in
          let changes = state.take()
          if changes != nil || state.isOver { return (true, changes, state.waiter) }
          // Two loops on one sequence: the older one ends.
          let before = state.waiter
          state.waiter = continuation
          return (false, nil, before)
        }
        if now { continuation.resume(returning: changes) } else { before?.resume(returning: nil) }
      }
    } onCancel: {
      finish()
    }
  }
}

/// Who observes a replica. Holds nobody alive: an observer lives as long as its sequence.
final class Observers: Sendable {
  private struct Entry {
    weak var observer: Observer?
  }

  private let entries = Lock<[Entry]>([])

  func add(_ observer: Observer) { entries.withLock { $0.append(Entry(observer: observer)) } }

  func tell(_ touched: TouchedTables) {
    guard !touched.isEmpty else { return }
    let observers = entries.withLock { entries in
      entries.removeAll { $0.observer == nil }
      return entries.compactMap(\.observer)
    }
    for observer in observers { observer.tell(touched) }
  }

  deinit { for entry in entries.withLock({ $0 }) { entry.observer?.finish() } }
}
