/// What has to have happened somewhere in a batch of runs for its silence to mean something.
public enum Sometimes {
  public static let points: [String] = Oracle.mustHappen
}
