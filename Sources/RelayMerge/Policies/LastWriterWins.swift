extension MergePolicy {
  /// The greatest (effective time, dot) is shown; losers get a notice.
  public static let lww: MergePolicy = LastWriterWins("lww")

  /// As lww, written by the roles that the schema names only.
  public static let authority: MergePolicy = LastWriterWins("authority")
}

/// All as a plain value. `authority` differs in who may write, which the schema says and every policy obeys.
private final class LastWriterWins: MergePolicy, @unchecked Sendable {}
