extension SyncSchema {
  /// The role of a replica that belongs to no hub yet: it sees and may do everything in its own file. What it wrote is
  /// judged by the role that the hub grants later.
  public static let unenrolledRole = "*"
}

extension TableAccess {
  static let everything: TableAccess = {
    var access = TableAccess()
    access.reads = true
    access.writes = true
    return access
  }()
}
