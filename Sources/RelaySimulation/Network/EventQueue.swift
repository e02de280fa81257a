/// What is going to happen, in the order of virtual time; at the same time, in the order in which it was planned.
struct EventQueue<Event> {
  private struct Entry {
    var time: Int64
    var sequence: UInt64
    var event: Event

    func isBefore(_ other: Entry) -> Bool { (time, sequence) < (other.time, other.sequence) }
  }

  private var heap: [Entry] = []
  private var sequence: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }

  /// When the next one happens.
  var next: Int64? { heap.first?.time }

  mutating func add(_ event: Event, at time: Int64) {
    sequence += 1
    heap.append(Entry(time: time, sequence: sequence, event: event))
    var at = heap.count - 1
    while at > 0, heap[at].isBefore(heap[(at - 1) / 2]) {
      heap.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  mutating func take() -> (time: Int64, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var at = 0
      while true {
        var least = at
        for child in [2 * at + 1, 2 * at + 2] where child < heap.count && heap[child].isBefore(heap[least]) {
          least = child
        }
        if least == at { break }
        heap.swapAt(at, least)
        at = least
      }
    }
    return (first.time, first.event)
  }
}
