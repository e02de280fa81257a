internal import RelayProtocol
internal import RelaySQLite

/// `relay_lost`, `relay_break` and `relay_trail`: what a hub that was put back has lost of this device's work, from where on
/// the histories differ, and by which places that is found out (rule 27).
struct LostStore {
  let db: Database

  static let ddl = """
    -- Own work whose verdict the hub has lost: where it stood in that history, and the effective time that it was told last. bytes:
    -- NULL while the transaction is in relay_transaction still. judged: the seq that it has now, until a pull confirms it; 0
    -- while it waits for what others have to offer first. seq, effective: 0 for work that had no verdict there.
    CREATE TABLE IF NOT EXISTS relay_lost (
      dot INTEGER PRIMARY KEY, epoch BLOB NOT NULL, seq INTEGER NOT NULL, effective INTEGER NOT NULL, hash BLOB NOT NULL,
      judged INTEGER, refusal TEXT, bytes BLOB);
    -- What was sealed up to this own transaction may name bases that the hub has lost: they count up to seq.
    CREATE TABLE IF NOT EXISTS relay_break (last INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
    -- The same of what has been judged again. Its bytes name the bases that they named, and the hub may lose it once more. The
    -- newest stays: the file has gone back once.
    CREATE TABLE IF NOT EXISTS relay_healed (last INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
    -- Places of the hub's log at which this device stood: all of the newest, ever fewer of the older ones.
    CREATE TABLE IF NOT EXISTS relay_trail (base INTEGER PRIMARY KEY, log BLOB NOT NULL);
    """

  // MARK: The trail

  /// How many of the newest places are kept, whatever they are.
  private static let newest = 4

  func stood(at base: UInt64, _ log: Hash128) throws(RelayError) {
    guard base > 0 else { return }
    try db.execute("INSERT OR REPLACE INTO relay_trail VALUES (?, ?)", [Value(base), .blob(log.bytes)])
    let places = try db.query("SELECT base FROM relay_trail ORDER BY base DESC") { (row) in row.int(0) }
    guard places.count > Self.newest else { return }
    // One of each power of two of the distance.
    var last: Int?
    for place in places.dropFirst(Self.newest) {
      let width = Int64.bitWidth - (Int64(clamping: base) - place).leadingZeroBitCount
      if width == last { try db.execute("DELETE FROM relay_trail WHERE base = ?", [.integer(place)]) }
      last = width
    }
  }

  /// The newest place before a base; nil where none is known.
  func place(before base: UInt64) throws(RelayError) -> (base: UInt64, log: Hash128)? {
    let found = try db.first(
      "SELECT base, log FROM relay_trail WHERE base < ? ORDER BY base DESC LIMIT 1", [Value(base)])
    guard let row = found, let place = row[0].integer, place > 0, case .blob(let bytes) = row[1],
      let log = Hash128(bytes: bytes)
    else { return nil }
    return (UInt64(place), log)
  }

  // MARK: What was lost

  /// The hub has lost everything after `seq`: what this device knows of verdicts there becomes work to be offered again, and
  /// no base counts beyond it.
  ///
  /// - Parameters:
  ///   - base: the seq of the lost history at which the file stands, in its epoch.
  ///   - last: the newest own transaction.
  func lose(after seq: UInt64, from base: UInt64, _ epoch: Hash128, upTo last: DotKey) throws(RelayError) {
    let lost: [Value] = [Value(seq), .blob(epoch.bytes)]
    try BroughtStore(db: db).note(after: seq)
    try db.execute(
      """
      INSERT INTO relay_lost (dot, epoch, seq, effective, hash, bytes)
      SELECT dot, ?2, seq, effective, hash, bytes FROM relay_accepted WHERE seq > ?1
      ON CONFLICT (dot) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, effective = excluded.effective,
        bytes = excluded.bytes, judged = NULL, refusal = NULL
      """, lost)
    try db.execute("DELETE FROM relay_accepted WHERE seq > ?", [Value(seq)])
    // One that was offered again and judged, and that is lost once more before a pull confirmed it.
    try db.execute("UPDATE relay_lost SET judged = NULL, refusal = NULL WHERE judged > ?", [Value(seq)])
    try db.execute(
      """
      INSERT INTO relay_lost (dot, epoch, seq, effective, hash)
      SELECT dot, ?2, seq, effective, hash FROM relay_transaction WHERE seq > ?1
      ON CONFLICT (dot) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, effective = excluded.effective
        WHERE relay_lost.seq = 0
      """, lost)
    try db.execute(
      "UPDATE relay_transaction SET seq = NULL, effective = NULL, refusal = NULL WHERE seq > ?", [Value(seq)])
    let history = try OpeningStore(db: db).lose(after: seq)
    try PastStore(db: db).note(Past(epoch: epoch, base: base, shared: seq, history: history))
    try db.execute("UPDATE relay_transaction SET floor = min(floor, ?)", [Value(seq)])
    try db.execute("UPDATE relay_image SET base = min(base, ?)", [Value(seq)])
    try db.execute("UPDATE relay_dead SET base = min(base, ?)", [Value(seq)])
    // Refusals are found by their seq, which others may get now.
    try db.execute("UPDATE relay_inbox SET opened = -opened WHERE kind = 'refused' AND opened > ?", [Value(seq)])
    try db.execute("UPDATE relay_refusal SET seq = -seq WHERE seq > ?", [Value(seq)])
    try db.execute("DELETE FROM relay_trail WHERE base > ?", [Value(seq)])
    try db.execute(
      """
      INSERT INTO relay_break (last, seq) VALUES (?, ?)
      ON CONFLICT (last) DO UPDATE SET seq = min(seq, excluded.seq)
      """, [Value(last), Value(seq)])
  }

  /// What was accepted and no pull has confirmed, of a replica that this file was before the one of the newest unsent work, is
  /// offered once more, with the place that it had: a hub that was put back since may have another copy's work by that name, and
  /// the newer work names it as seen.
  func offerAgainWhatIsNamed(_ epoch: Hash128) throws(RelayError) {
    let newest = try db.first("SELECT max(dot) FROM relay_transaction WHERE seq IS NULL")?[0].integer
    guard let newest else { return }
    let first = Value(DotKey(number: DotKey(newest).number, counter: 0))
    try db.execute(
      """
      INSERT OR IGNORE INTO relay_lost (dot, epoch, seq, effective, hash)
      SELECT dot, ?2, seq, effective, hash FROM relay_transaction WHERE seq IS NOT NULL AND refusal IS NULL AND dot < ?1
      """, [first, .blob(epoch.bytes)])
    if db.changes > 0 { try OpeningStore(db: db).offerAgain() }
    try db.execute(
      "UPDATE relay_transaction SET seq = NULL WHERE seq IS NOT NULL AND refusal IS NULL AND dot < ?", [first])
    try db.execute("UPDATE relay_lost SET judged = NULL WHERE judged > 0 AND refusal IS NULL AND dot < ?", [first])
  }

  /// Has the file stepped back to before the first place of its log?
  func isLostWhole() throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM relay_break WHERE seq = 0 LIMIT 1") != nil
  }

  /// Has the file gone back to an older place, and not yet heard what became of its work?
  func isBroken() throws(RelayError) -> Bool { try db.first("SELECT 1 FROM relay_break LIMIT 1") != nil }

  /// Has it ever gone back? What hung on a row that was dead then may lie here still, and nobody sees it.
  func hasGoneBack() throws(RelayError) -> Bool {
    try isBroken() ? true : db.first("SELECT 1 FROM relay_healed LIMIT 1") != nil
  }

  /// Of both breaks: what a hub loses twice has the bases of the first loss.
  private static let limits =
    "SELECT seq FROM relay_break WHERE last >= ?1"
    + (Mutation.isPlanted(.healedForgets) ? "" : " UNION ALL SELECT seq FROM relay_healed WHERE last >= ?1")
    + " UNION ALL SELECT shared FROM relay_taken WHERE dot = ?1"

  /// Up to where the bases of a transaction count that was sealed before; nil for one that means what it says.
  func limit(_ key: DotKey) throws(RelayError) -> UInt64? {
    try db.first("SELECT min(seq) FROM (\(LostStore.limits))", [Value(key)])?[0].integer.map { UInt64(max(0, $0)) }
  }

  /// Where work stood in the history that was lost, nil where it had no verdict there, and the effective time that it was told.
  func place(_ key: DotKey) throws(RelayError) -> (place: LostPlace?, effective: HybridTime?) {
    guard let row = try db.first("SELECT epoch, seq, effective FROM relay_lost WHERE dot = ?", [Value(key)]) else {
      return (nil, nil)
    }
    guard case .blob(let bytes) = row[0], let epoch = Hash128(bytes: bytes), let seq = row[1].integer,
      let effective = row[2].integer
    else { throw damaged("no place") }
    let told = effective == 0 ? nil : HybridTime(bits: UInt64(bitPattern: effective))
    guard seq > 0 else { return (nil, told) }
    return (LostPlace(epoch: epoch, seq: UInt64(seq), opening: try OpeningStore(db: db).place(key)), told)
  }

  /// Once everything after `seq` is lost, has the hub an own transaction, or will it be offered?
  func isStillTold(_ key: DotKey, upTo seq: UInt64) throws(RelayError) -> Bool {
    try db.first(
      """
      SELECT 1 FROM relay_transaction WHERE dot = ?1 UNION ALL SELECT 1 FROM relay_lost WHERE dot = ?1
      UNION ALL SELECT 1 FROM relay_accepted WHERE dot = ?1
      UNION ALL SELECT 1 FROM relay_refusal WHERE dot = ?1 AND seq BETWEEN 1 AND ?2 LIMIT 1
      """, [Value(key), Value(seq)]) != nil
  }

  // MARK: What is offered again

  /// All of it, ascending.
  func keys() throws(RelayError) -> [DotKey] {
    try db.query("SELECT dot FROM relay_lost WHERE bytes IS NOT NULL ORDER BY dot") { (row) in DotKey(row.int(0)) }
  }

  /// What waits to be offered, in the order in which it was judged once.
  ///
  /// - Parameter body: gives false to stop.
  func eachUnsent(_ body: (OutboxStore.Outgoing) throws(RelayError) -> Bool) throws(RelayError) {
    try db.run(
      """
      SELECT dot, hash, length(bytes) FROM relay_lost WHERE bytes IS NOT NULL AND judged IS NULL ORDER BY dot
      """, []
    ) { (row) throws(RelayError) in
      guard let hash = Hash128(bytes: row.blob(1)) else { throw self.damaged("no hash") }
      return try body(OutboxStore.Outgoing(key: DotKey(row.int(0)), hash: hash, schema: 0, size: Int(row.int(2))))
    }
  }

  func bytes(_ key: DotKey) throws(RelayError) -> [UInt8]? {
    guard case .blob(let bytes)? = try db.first("SELECT bytes FROM relay_lost WHERE dot = ?", [Value(key)])?[0] else {
      return nil
    }
    return bytes
  }

  /// - Returns: whether it waited for its verdict.
  func learn(_ key: DotKey, _ verdict: Verdict) throws(RelayError) -> Bool {
    let refusal = verdict.refusal.map { Value.text("\($0.rule.rawValue): \($0.message)") } ?? .null
    try db.execute(
      """
      UPDATE relay_lost SET judged = ?, effective = ?, refusal = ?
      WHERE dot = ? AND bytes IS NOT NULL AND judged IS NULL
      """, [Value(verdict.seq), Value(verdict.effective), refusal, Value(key)])
    return db.changes > 0
  }

  /// May a closing speak of it? Of what was lost, only where it says what a push was answered with.
  func fits(_ key: DotKey, _ verdict: Verdict) throws(RelayError) -> Bool {
    let judged = try db.first(
      "SELECT coalesce(judged, 0), effective, refusal IS NULL FROM relay_lost WHERE dot = ?", [Value(key)])
    let said = [Value(verdict.seq), Value(verdict.effective), .integer(verdict.isAccepted ? 1 : 0)]
    return judged.map { $0 == said } ?? true
  }

  /// A verdict that no pull tells of is not believed.
  func doubt(_ key: DotKey) throws(RelayError) {
    try db.execute("UPDATE relay_lost SET judged = NULL, refusal = NULL WHERE dot = ?", [Value(key)])
  }

  /// The hub has judged what came with it, and not this: others have to offer first what it builds on. It is offered again
  /// with the next sync, and nothing waits behind it.
  func wait(_ key: DotKey) throws(RelayError) {
    try db.execute("UPDATE relay_lost SET judged = 0 WHERE dot = ? AND judged IS NULL", [Value(key)])
    try db.execute(
      """
      INSERT OR IGNORE INTO relay_lost (dot, epoch, seq, effective, hash, judged)
      SELECT dot, zeroblob(16), 0, coalesce(effective, 0), hash, 0 FROM relay_transaction WHERE dot = ?1 AND seq IS NULL
      """, [Value(key)])
  }

  /// Of work whose bytes are in `relay_transaction` still, the verdict is there too.
  private static let isOpen =
    "(bytes IS NOT NULL OR EXISTS (SELECT 1 FROM relay_transaction AS t WHERE t.dot = l.dot AND t.seq IS NULL))"

  /// Does anything wait for others, or will perhaps once it is offered?
  func isWaiting() throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM relay_lost AS l WHERE coalesce(judged, 0) = 0 AND \(Self.isOpen) LIMIT 1") != nil
  }

  /// Those with a verdict that no pull has confirmed.
  func judged() throws(RelayError) -> [(key: DotKey, seq: UInt64)] {
    try db.query("SELECT dot, judged FROM relay_lost WHERE judged > 0 ORDER BY dot") { (row) in
      (key: DotKey(row.int(0)), seq: UInt64(max(0, row.int(1))))
    }
  }

  /// A pull has confirmed it: what was accepted is kept like all accepted work, what was refused until somebody settles it.
  ///
  /// - Returns: its bytes; nil for one that is not here.
  func confirm(_ key: DotKey, _ verdict: Verdict) throws(RelayError) -> [UInt8]? {
    guard let bytes = try bytes(key) else { return nil }
    let place: [Value] = [Value(key), Value(verdict.seq), Value(verdict.effective)]
    if let refusal = verdict.refusal {
      try db.execute(
        """
        INSERT OR REPLACE INTO relay_refusal (dot, hash, seq, effective, refusal, schema, bytes)
        SELECT dot, hash, ?2, ?3, ?4, 1, bytes FROM relay_lost WHERE dot = ?1
        """, place + [.text("\(refusal.rule.rawValue): \(refusal.message)")])
    } else {
      try db.execute(
        """
        INSERT OR IGNORE INTO relay_accepted (seq, dot, hash, effective, total, bytes)
        SELECT ?2, dot, hash, ?3, length(bytes) + coalesce((SELECT max(total) FROM relay_accepted), 0), bytes
        FROM relay_lost WHERE dot = ?1
        """, place)
    }
    try db.execute("DELETE FROM relay_lost WHERE dot = ?", [Value(key)])
    try BroughtStore(db: db).forget(key)
    try OpeningStore(db: db).confirm(key)
    return bytes
  }

  /// What waits for others, ascending.
  func waiting() throws(RelayError) -> [DotKey] {
    try db.query("SELECT dot FROM relay_lost AS l WHERE judged = 0 AND \(Self.isOpen) ORDER BY dot") { (row) in
      DotKey(row.int(0))
    }
  }

  func hasWaiting() throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM relay_lost AS l WHERE judged = 0 AND \(Self.isOpen) LIMIT 1") != nil
  }

  /// What waited for others is offered again.
  func offerWaiting() throws(RelayError) { try db.execute("UPDATE relay_lost SET judged = NULL WHERE judged = 0") }

  /// Where nothing waits that was sealed before a break, it is only needed for accepted work that is kept; but a file that stands
  /// at nothing has rows of the history that was lost, and counts them with what its next pull brings.
  func forgetHealed(at base: UInt64) throws(RelayError) {
    // Also of a file that never went back: its work may have waited, or been offered again for its name.
    if !Mutation.isPlanted(.notesStay) {
      try db.execute("DELETE FROM relay_lost WHERE bytes IS NULL AND dot NOT IN (SELECT dot FROM relay_transaction)")
    }
    try OpeningStore(db: db).forgetHealed()
    guard try isBroken() else { return }
    try offerWaiting()
    let healed = """
      FROM relay_break WHERE last < coalesce((SELECT min(dot) FROM relay_transaction), 9223372036854775807)
        AND last < coalesce((SELECT min(dot) FROM relay_lost), 9223372036854775807) AND (seq > 0 OR ?1 > 0)
      """
    try db.execute(
      """
      INSERT INTO relay_healed (last, seq) SELECT last, seq \(healed)
      ON CONFLICT (last) DO UPDATE SET seq = min(seq, excluded.seq)
      """, [Value(base)])
    try db.execute("DELETE \(healed)", [Value(base)])
    try db.execute(
      """
      DELETE FROM relay_healed WHERE last < coalesce((SELECT min(dot) FROM relay_accepted), 9223372036854775807)
        AND last < (SELECT max(last) FROM relay_healed)
      """)
  }

  private func damaged(_ what: String) -> RelayError { RelayError(.corrupt, "\(db.path): relay_lost holds \(what)") }
}
