/// One deviation a rule, each at the place where the production code follows the rule.
///
/// A program that is built as usual has none of them: every question is answered with a constant, and what hangs on it
/// is gone from the optimised code. Only the build of `make mutations` (`-D MUTATIONS`) can break a rule, one a run, and
/// sees which tests notice. Whoever moves a rule moves its switch along.
package enum Mutation: String, CaseIterable {
  // A transaction (rules 5–8)
  case headerBase, deadBaseZero, formClaims, parentSeen, leaveOnAck, sealLate, anyFrom, fromIsN, floorStale
  case insertAdds, sumsCover, foreignDefaults
  // Merge (rules 11–15)
  case hiddenCovered, roleNow, collapse, noLive, noClamp, seenImmutable, overAlive
  case noNotice, newEntry, noopResolve, endsCovered, noticeShows, deadBlank
  // Accept (rules 16–19)
  case claimedBase, rightsNow, movesAnywhere, unseenTold
  case twice, noLate, lateAny, lateInsert, lateChild, keyTaken, keyShows, keysTold, ontoOther, refusedBlocks, notAtomic
  // Scopes and pulls (rules 21–24)
  case childrenStay, hubRemembers, roleUnnamed, floorIsN, floorPending, exitHeld, earlyW, sumsBlur, tokenLives
  case overtakenIn, exitInstalled, leftForgets, dropLeft
  // Durability, answers and the whole way, as the simulator sees them
  case normalFlush, noFlush, foreignAnswer, anyPage, lastPageOnly, confirmsLost, exitsLost, deadLost
  case tieByArrival, extremeIsLast, removeWins, noEntry, choicesWait, noMarks, refusedStays, refusedSeen, staysInScope
  case ackEarly, cursorFirst, newHomesOnly, timeNotMerged, nullWins, scopesStay, roleStays, hashStays, refusalForgotten
  case noSeen, ownPrefix, noSign, restStays
  // Restores and copies (rules 16, 26, 27)
  case gapAccepted, unreadyAccepted, orderIgnored, forkByFinder, timeAnew, otherOrder, forkUnseen
  case sidecarUnread, oneOrder, healedForgets, sealedApart, sealedNow
  case waitsForEver, waitStaysOver, refusedLingers, broughtGoes, refusedUnsent, pastForgotten, lateIsNews, waitsAlone
  case namesUnheard, otherWord, marksForgotten, notesStay, copyForgotten

  #if MUTATIONS
    /// Is this the run that breaks this rule?
    package static func isPlanted(_ mutation: Mutation) -> Bool { mutation == planted }
    package static let canBePlanted = true
  #else
    @inlinable @inline(__always)
    package static func isPlanted(_ mutation: Mutation) -> Bool { false }
    package static let canBePlanted = false
  #endif
}
