/// The rows of a page in their bytes: a row is taken apart where it is needed, never all of them at once.
public struct EncodedRows: Hashable, Sendable {
  /// A list of runs.
  public let bytes: [UInt8]
  public let count: Int

  public init(_ runs: [RowRun]) {
    var writer = CBORWriter(reserving: 64 + runs.reduce(0) { $0 + $1.rows.count } * 96)
    writer.array(runs.count)
    for run in runs { writer.rowRun(run) }
    bytes = writer.bytes
    count = runs.reduce(0) { $0 + $1.rows.count }
  }

  /// Lends one row after the other; `body` says whether to go on.
  public func walk(_ body: (inout RowCursor) throws(RelayError) -> Bool) throws(RelayError) {
    let result = bytes.withUnsafeBytes { buffer -> Result<Void, RelayError> in
      do throws(RelayError) {
        var cursor = try RowCursor(CBORReader(buffer))
        while try cursor.next(), try body(&cursor) {}
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}
