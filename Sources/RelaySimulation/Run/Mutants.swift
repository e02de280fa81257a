/// What is expected of the broken rules (`Mutation`) that `relay-sim mutants` plants one after the other.
public enum Mutants {
  /// In how many seeds, from 1 on, a broken rule has to be noticed where nothing else is said.
  public static let seeds: UInt64 = 150

  /// In how many, where it takes more.
  public static let rare: [String: UInt64] = ["newEntry": 300]

  /// In how many of `relay-sim restores`.
  public static let seedsOfRestores: UInt64 = 200

  /// Those that show where files are put back: `relay-sim restores` has to notice them.
  public static let ofRestores: Set<String> = [
    "forkByFinder", "timeAnew", "oneOrder", "sidecarUnread", "sealedApart", "sealedNow", "notesStay",
  ]

  /// Those that the simulator need not notice, and why. For each of them Tests/Mutations/plan.py names a test that does, and
  /// `make mutants` runs it with the rule broken.
  public static let unseen: [String: String] = [
    "anyPage": "its two programs seldom stage pages of different pulls at once",
    "broughtGoes": "work on rows that nobody has any more is seldom",
    "claimedBase": "its devices do not lie about what they had seen",
    "copyForgotten": "it takes a copy that keeps back some of its work, at a hub that has another copy's by its name",
    "floorIsN": "a form is shown as it was written until its verdict is in, and nothing else has an older base",
    "floorPending": "its devices' tables have no constraint that keeps a confirmed row out",
    "floorStale": "a form is shown as it was written until its verdict is in, and nothing else has an older base",
    "forkUnseen": "its copies notice what they are before they write, as a rule",
    "fromIsN": "another program that takes up other scopes at the very same base is seldom",
    "gapAccepted": "its devices name what fills a gap as seen, and are held for that",
    "healedForgets": "a hub that loses the same work twice is seldom",
    "keysTold": "no device of its has work under a role that may write nothing",
    "lateAny": "an edit of a row that left a scope to read only is seldom",
    "lateInsert": "an insert over a row that left, whose author never held it, is seldom",
    "lateIsNews": "work that waits, and more of the same author on its rows, is seldom",
    "marksForgotten": "what somebody begins before he hears of a refusal, and saves after the retention, is seldom",
    "namesUnheard": "it takes two copies and a hub that is put back between their pushes",
    "orderIgnored": "it takes a hub that is put back between a push of one replica's work and its pull",
    "otherOrder": "its hubs name their order, and the names tell the same",
    "otherWord": "it takes two copies whose work has one name and one seq",
    "overAlive": "an insert over a row that its author saw alive takes a form and a deletion at once",
    "overtakenIn": "what it takes has not come up in so many seeds",
    "parentSeen": "a deletion of a parent that is out of sight is seldom",
    "pastForgotten": "none of its people takes rows as edits",
    "refusedLingers": "what is shown of lost work is told as a difference",
    "refusedSeen": "work on a row of what was refused, before a pull confirms that, is seldom",
    "refusedUnsent": "what is shown of lost work is told as a difference",
    "rightsNow": "it cannot tell for sure when a right of before still counts",
    "roleNow": "no role of its writes what it does not read",
    "sumsBlur": "no insert of its covers some of another device's increments and not others",
    "tokenLives": "scopes that change between two pages of one pull are seldom",
    "unreadyAccepted": "what its devices have seen pending is their own, and what lacks of that is a gap",
    "waitStaysOver": "work on rows that nobody has any more is seldom",
    "waitsAlone": "what is refused may be refused for more than one reason",
    "waitsForEver": "work on rows that nobody has any more is seldom",
  ]
}
