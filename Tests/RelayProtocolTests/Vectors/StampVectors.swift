import RelayProtocol

/// Rows of a page whose stamps are wrong, each in one way: a run of table 3 with the columns 2 and 5.
enum StampVectors {
  static let invalid: [InvalidVector] =
    [
      // The stamp is (replica 1, counter 1), seq 1 as the row's, at time 0; the bits say existence and both columns.
      run("no bits and no cells", "82 F6 41 00", cddl: true),
      run("a shared stamp that no cell has", "82 84 01 01 F6 00 41 00", cddl: true),
      run("nothing before it to share", "82 F6 41 01", cddl: true),
      run("a seq that is the row's", "82 84 01 01 01 00 41 07", cddl: true),
      run("a replica of no row before", "82 84 F6 01 F6 00 41 07", cddl: true),
      run("counter 0", "82 84 01 00 F6 00 41 07"),
      run("a bit of no column", "82 84 01 01 F6 00 41 0F", cddl: true),
      run("a byte of bits too many", "82 84 01 01 F6 00 42 07 00", cddl: true),
      run("no byte of bits", "82 84 01 01 F6 00 40"),
      run("an empty list of shared cells", "83 84 01 01 F6 00 41 07 80"),
      run("an empty list of other cells", "84 84 01 01 F6 00 41 07 80 80"),
      run("a shared cell that lives", "83 84 01 01 F6 00 41 06 81 82 81 00 F5", cddl: true),
      run("shared cells out of order", "83 84 01 01 F6 00 41 07 82 82 81 09 01 82 81 07 01", cddl: true),
      run("a cell with a bit and a value", "83 84 01 01 F6 00 41 07 81 82 81 05 81 01", cddl: true),
      run("one value of a group in an array", "83 84 01 01 F6 00 41 01 81 82 81 05 81 81 01"),
      run("a cell's name without a group", "83 84 01 01 F6 00 41 01 81 82 80 01"),
      run("a cell without writes", "84 F6 41 00 80 81 82 81 05 80"),
      run("other cells out of order", "84 F6 41 00 80 82 \(two("07")) \(two("05"))", cddl: true),
      run("a cell twice", "84 F6 41 00 80 82 \(two("07")) \(two("07"))", cddl: true),
      run("elements out of order", "84 F6 41 00 80 82 \(two("09", "61 78")) \(two("09", "04"))", cddl: true),
      run("writes out of order", "84 F6 41 00 80 81 82 81 07 82 85 01 02 01 00 01 85 01 01 01 00 01", cddl: true),
      run("a write twice", "84 F6 41 00 80 81 82 81 07 82 85 01 01 01 00 01 85 01 01 01 00 01", cddl: true),
      run("a stamp that could be shared", "84 F6 41 00 80 81 82 81 07 81 85 01 01 01 00 01", cddl: true),
      run(
        "a shared stamp written out again", "84 84 01 01 F6 00 41 01 80 81 82 81 05 81 85 01 01 01 00 F6", cddl: true),
      run(
        "another stamp is shared by more",
        "84 84 01 01 F6 00 41 01 80 82 82 81 02 81 85 01 02 01 00 F6 82 81 05 81 85 01 02 01 00 F6", cddl: true),
      run(
        "as shown, of an element", "84 F6 41 00 80 81 82 82 09 01 82 85 01 01 01 00 F6 85 01 02 01 00 F5", cddl: true),
      run(
        "as shown, of a column that is not there", "84 F6 41 00 80 81 82 81 07 82 85 01 01 01 00 F6 85 01 02 01 00 F6",
        cddl: true),
      run("as shown, of existence", "84 F6 41 00 80 81 82 81 00 82 85 01 01 01 00 F6 85 01 02 01 00 F5", cddl: true),
      run("10,501 shared cells", "83 84 01 01 F6 00 41 01 99 2905", code: .limitExceeded),
      run("2001 writes of a cell", "84 F6 41 00 80 81 82 81 07 99 07D1", code: .limitExceeded),
      whole("stamps of a dead row", "83 03 80 81 84 01 81 01 F6 82 84 01 01 F6 00 41 01"),
      whole("a run without rows", "83 03 80 80"),
      whole(
        "the stamp of the row before written out again",
        "83 03 80 82 84 01 81 01 80 82 84 01 01 F6 00 41 01 84 01 81 02 80 82 84 F6 01 F6 00 41 01", cddl: true),
      whole(
        "the replica of the row before written out again",
        "83 03 80 82 84 01 81 01 80 82 84 01 01 F6 00 41 01 84 01 81 02 80 82 84 01 02 F6 00 41 01", cddl: true),
    ]

  /// A cell with two increments.
  private static func two(_ group: String, _ element: String = "") -> String {
    "82 \(element.isEmpty ? "81" : "82") \(group) \(element) 82 85 01 01 01 00 01 85 01 02 01 00 01"
  }

  private static func run(
    _ name: String, _ stamps: String, code: ErrorCode = .malformedMessage, cddl: Bool = false
  ) -> InvalidVector {
    whole(name, "83 03 82 02 05 81 84 01 81 01 82 00 00 " + stamps, code: code, cddl: cddl)
  }

  private static func whole(
    _ name: String, _ run: String, code: ErrorCode = .malformedMessage, cddl: Bool = false
  ) -> InvalidVector {
    InvalidVector(name: name, kind: .run, bytes: hex(run), code: code, isBeyondCDDL: cddl)
  }
}
