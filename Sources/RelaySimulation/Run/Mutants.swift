/// What is expected of the broken rules (`Mutation`) that `relay-sim mutants` plants one after the other.
public enum Mutants {
  /// In how many seeds, from 1 on, a broken rule has to be noticed where nothing else is said.
  public static let seeds: UInt64 = 150

  /// In how many, where it takes more.
  public static let rare: [String: UInt64] = [:]

  /// Those that the simulator does not notice, and why; the vectors and stories of docs/conformance.md do.
  public static let unseen: [String: String] = [
    "claimedBase": "its devices do not lie about what they had seen",
    "floorPending": "its devices' tables have no constraint that keeps a confirmed row out",
    "keysTold": "no device of its has work under a role that may write nothing",
    "roleNow": "no role of its writes what it does not read",
  ]
}
