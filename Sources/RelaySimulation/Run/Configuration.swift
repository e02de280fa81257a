/// How a run is set up. Each seed draws one of its own before anything happens, and leaves most faults out: what goes wrong
/// only where another fault is rare is found like that (Groce et al., "Swarm Testing", ISSTA 2012).
package struct Configuration: Sendable {
  package struct Device: Sendable {
    package var role: String
    package var scopes: [String]
    /// How far its clock is off, in milliseconds.
    package var skew: Int64
  }

  package var schema: Int
  package var devices: [Device]
  package var acts: Int
  /// The most milliseconds from one act to the next, one of these; where they are few, much happens while answers travel.
  package var paces: [Int]
  /// How many rows of a kind there may be: few are hot.
  package var keys: Int
  /// The most bytes of a page and of a push.
  package var pageBytes: UInt64
  package var pushBytes: Int
  package var line: LineFaults
  /// How long a device waits for an answer.
  package var deadline: Duration = .seconds(30)
  /// Does a sync that is under way when the faults end go on as it is, instead of being begun anew?
  package var goesOn = false
  /// Does the office give devices other roles, and scopes only to read?
  package var changesRoles: Bool
  /// Does the hub's disk say that it has flushed what it has not? Nobody promises anything then: whoever looks has to see it.
  package var hubDiskLies = false
  /// What more there is than in most fleets.
  var worlds = Worlds()
  /// How often each kind of act comes, against the others.
  package var weights: [(kind: Happening.Kind, weight: Int)]

  init(_ random: inout SplitMix) {
    schema = random.int(0..<OracleSchema.all.count)
    devices = (0..<random.pick([2, 3, 3, 4, 6])).map { at in
      var scopes = Oracle.units.filter { _ in random.once(in: 2) }.map { "unit/" + $0 }
      if scopes.isEmpty { scopes = ["unit/u1"] }
      let role = random.pick(["field", "field", "field", "blind", "reader"])
      let skew: Int64 = random.pick([0, 0, 0, -5000, 700_000, 1_261_440_000_000, -1_261_440_000_000])
      return at == 0
        ? Device(role: "field", scopes: ["*"], skew: skew) : Device(role: role, scopes: scopes, skew: skew)
    }
    acts = random.pick([30, 80, 150, 250])
    paces = random.pick([[5, 100, 2000, 2000], [5, 100, 2000, 2000], [5, 50, 200]])
    keys = random.pick([2, 4, 4, 8])
    pageBytes = random.pick([80, 150, 600, 1 << 20])
    pushBytes = random.pick([200, 1000, 1 << 20, 1 << 20])
    line = LineFaults.drawn(&random)
    changesRoles = random.once(in: 2)
    weights = Happening.Kind.allCases.filter { !$0.isOfWorld }.map { kind in
      (kind, kind.isFault ? random.pick([0, 0, 0, 2, 8]) : kind.isRare ? random.pick([0, 2, 8, 16]) : kind.weight)
    }
  }
}
