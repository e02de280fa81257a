/// Notices that others have written to the file. Only the one door through which this replica writes
/// (`ReplicaCore.changing`) and `poll` touch it.
struct FileWatch {
  /// Names of tables that somebody has asked to observe; `relay_inbox` may be one.
  private(set) var observed: Set<String> = []
  /// SQLite's number when it was last asked (https://sqlite.org/pragma.html#pragma_data_version).
  var version: Int64 = 0
  /// Where this replica left the file.
  private var place: ReplicaPlace?
  private var hasMoved = (here: false, hub: false)

  /// - Parameter place: where the file stands now.
  mutating func observe(_ tables: [String], from place: ReplicaPlace) {
    observed.formUnion(tables)
    if self.place == nil { self.place = place }
  }

  /// - Parameters:
  ///   - found: where the file stood when a transaction of this replica began.
  ///   - left: where it stands at its end.
  mutating func saw(_ found: ReplicaPlace, left: ReplicaPlace) {
    if let place {
      if found.dot != place.dot { hasMoved.here = true }
      if found.base != place.base || found.accepted != place.accepted { hasMoved.hub = true }
    }
    place = left
  }

  /// What another replica of this file may have changed since this was asked: everything.
  mutating func movedElsewhere() -> TouchedTables {
    defer { hasMoved = (false, false) }
    return TouchedTables(here: hasMoved.here ? observed : [], hub: hasMoved.hub ? observed : [])
  }
}

/// What moves when a replica of this file works.
struct ReplicaPlace: Equatable {
  var dot: DotKey
  var base: UInt64
  var accepted: UInt64

  init(_ state: ReplicaState) { (dot, base, accepted) = (state.key, state.base, state.accepted) }
}

extension ReplicaCore {
  /// The one door for what this replica writes: a transaction, and what it changed.
  ///
  /// - Parameter fromHub: whether it does so in the hub's name; what others had captured is from here all the same.
  func changing<T>(
    fromHub: Bool, _ body: () throws(RelayError) -> T
  ) throws(RelayError) -> (value: T, touched: TouchedTables) {
    changes.begin()
    let isWatched = !watch.observed.isEmpty
    var places: (found: ReplicaPlace, left: ReplicaPlace)?
    let value = try transaction { () throws(RelayError) in
      let found = isWatched ? ReplicaPlace(try state()) : nil
      let value = try besideSidecar(fromHub: fromHub, body)
      if let found { places = (found, ReplicaPlace(try state())) }
      return value
    }
    sidecar?.committed()
    footing = changes.left.flatMap { left in db.dataVersion.map { ($0, left) } }
    guard let places else { return (value, TouchedTables()) }
    watch.saw(places.found, left: places.left)
    var touched = TouchedTables(here: names(changes.captured), hub: [])
    if fromHub { touched.hub = names(changes.written) } else { touched.here.formUnion(names(changes.written)) }
    return (value, touched)
  }

  /// What was read in a transaction that came to nothing is not remembered.
  private func transaction<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    do throws(RelayError) { return try db.transaction(body) } catch {
      replicas.forget()
      throw error
    }
  }

  private func names(_ changes: ChangeSet) -> Set<String> {
    var names = Set(changes.tables.compactMap { schema.table($0)?.name })
    if changes.inbox { names.insert(Self.inboxTable) }
    return names
  }
}
