internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What can be believed of a damaged file. It is read and never written; what is sealed is believed by its hash, everything
/// else comes from the hub.
struct Salvage {
  /// Sealed work that is as it was sealed, with the name in its bytes.
  struct Work {
    var kind: SalvageStore.Work
    var transaction: Transaction
    var piece: SalvageStore.Piece
  }

  /// Who the file was.
  struct Identity {
    var state: ReplicaState
    var link: (hub: String, token: String, device: String)?
  }

  private(set) var work: [Work] = []
  private(set) var identity: Identity?
  /// Other names of own work (rule 16): from which counter on, by the name in the bytes.
  private(set) var names: [(sealed: ReplicaID, first: UInt64, id: ReplicaID)] = []
  private(set) var damage: [String] = []
  private(set) var lost: [String] = []
  private(set) var unsealed = 0
  /// Every transaction of which there is anything, and those that cannot be sent.
  private var keys: Set<DotKey> = []
  private var broken: Set<DotKey> = []

  /// Of a file that cannot even be opened.
  init(_ error: RelayError) { damage = [error.message] }

  init(_ db: Database, _ schema: SyncSchema) {
    let store = SalvageStore(db: db)
    damage = store.integrity()
    let tables = store.tables(&damage)
    let there = Set(tables.map(\.name))
    for kind in SalvageStore.Work.allCases {
      guard there.contains(kind.rawValue) else {
        damage.append("\(kind.rawValue): the table is not there")
        continue
      }
      for piece in store.pieces(kind, &damage) { take(piece, kind) }
    }
    readRest(store, there, schema)
    readIdentity(db)
    readNames(store)
    findGaps()
  }

  private mutating func take(_ piece: SalvageStore.Piece, _ kind: SalvageStore.Work) {
    let hash = Hash128(bytes: piece.hash)
    if kind != .accepted { keys.insert(piece.key) }
    guard let hash, let transaction = try? Transaction(decoding: piece.bytes),
      SealedTransaction(dot: transaction.dot, bytes: piece.bytes, hash: hash).isIntact
    else {
      damage.append("\(kind.rawValue): a transaction is not what was sealed")
      if kind != .accepted { broken.insert(piece.key) }
      return
    }
    work.append(Work(kind: kind, transaction: transaction, piece: piece))
  }

  /// Each table once through: what cannot be read, or holds what Relay never writes, is named.
  private mutating func readRest(_ store: SalvageStore, _ there: Set<String>, _ schema: SyncSchema) {
    let own = there.filter { $0.hasPrefix("relay_") && SalvageStore.Work(rawValue: $0) == nil }
    for table in own.sorted() + schema.tables.map(\.name).filter({ there.contains($0) }) {
      if let reason = store.readable(table) { damage.append(reason) }
    }
    unsealed = Int(store.unsealed())
  }

  private mutating func readIdentity(_ db: Database) {
    do throws(RelayError) {
      let store = StateStore(db)
      let state = try store.saved()
      guard state.organisation != .zero, let link = try store.link() else { return }
      identity = Identity(state: state, link: link)
    } catch { damage.append(error.message) }
  }

  private mutating func readNames(_ store: SalvageStore) {
    let rows = store.replicas(&damage)
    for row in rows where row.first > 0 {
      guard let sealed = rows.first(where: { $0.number == row.number && $0.first == 0 }) else { continue }
      names.append((sealed.id, UInt64(row.first), row.id))
    }
  }

  /// Counters run without gaps: what is broken, and what is missing between two or at the end, is named.
  private mutating func findGaps() {
    var names: [Int64: ReplicaID] = [:]
    for one in work { names[one.piece.key.number] = one.transaction.dot.replica }
    if let state = identity?.state {
      if names[state.number] == nil { names[state.number] = state.replica }
      let last = keys.filter { $0.number == state.number }.max()
      if let last, last.counter < state.counter { lose(names, state.number, last.counter + 1, state.counter) }
    }
    for key in broken.sorted() { lose(names, key.number, key.counter, key.counter) }
    // What a damaged file calls a counter may be any number: gaps are seen by their ends.
    var ends: [Int64: ClosedRange<DotKey>] = [:]
    for key in keys {
      ends[key.number] = min(ends[key.number]?.lowerBound ?? key, key)...max(ends[key.number]?.upperBound ?? key, key)
    }
    let known = keys.union(work.map(\.piece.key)).sorted()
    for (one, next) in zip(known, known.dropFirst()) where one.number == next.number && next.counter > one.counter + 1 {
      guard let ends = ends[one.number], ends.contains(one), ends.contains(next) else { continue }
      lose(names, one.number, one.counter + 1, next.counter - 1)
    }
  }

  private mutating func lose(_ names: [Int64: ReplicaID], _ number: Int64, _ first: UInt64, _ last: UInt64) {
    let name = names[number].map { "\($0)" } ?? "replica \(number) of this file"
    lost.append(first == last ? "transaction \(name):\(first)" : "transactions \(name):\(first) to \(last)")
  }
}
