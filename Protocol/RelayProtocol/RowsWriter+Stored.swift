/// Stamps as a hub keeps them beside a row's values: as they travel, but with an origin that stands for itself, so that
/// they can be copied into any page.
extension [StampedCell] {
  /// - Parameter columns: ids of the columns whose values lie beside them, ascending.
  package func stored(columns: [UInt32]) -> [UInt8] {
    var out = CBORWriter()
    var previous: Stamp?
    // No write has seq 0: the origin's own is always spelt out.
    out.stamps(self, columns: columns, seq: 0, previous: &previous)
    return out.bytes
  }

  /// - Throws: `corrupt` where a store's bytes are no stamps.
  package init(stored bytes: [UInt8], columns: [UInt32]) throws(RelayError) {
    do throws(RelayError) {
      self = try CBORReader.decode(bytes, budget: Limits.decodedRow) { (reader) throws(RelayError) in
        var previous: Stamp?
        return try reader.stamps(columns: columns, seq: 0, previous: &previous)
      }
    } catch {
      throw RelayError(.corrupt, "a row's stamps in the hub's store: \(error.message)")
    }
  }
}

/// Stored stamps taken apart as far as copying them asks for.
package struct StoredStamps {
  /// The stamp that cells share; nil where no two do.
  package let origin: Stamp?
  /// 2: every cell has the origin and shows what the row shows; 3: every cell has the origin; 4: some have their own.
  package let parts: Int
  /// A bit for existence and each column.
  package let plain: [UInt8]
  /// What follows the bits, as it lies.
  fileprivate let rest: ArraySlice<UInt8>

  package init(_ bytes: [UInt8]) throws(RelayError) {
    var end = 0
    let head = try CBORReader.prefix(bytes) { (reader) throws(RelayError) in
      let parts = try reader.array(2...4)
      var origin: Stamp?
      if try reader.peekIsNull() {
        try reader.null()
      } else {
        try reader.array(exactly: 4)
        let replica = ReplicaID(bits: try reader.unsigned())
        let counter = try reader.unsigned()
        let seq = try reader.unsigned()
        origin = Stamp(dot: Dot(replica, counter), seq: seq, effective: HybridTime(bits: try reader.unsigned()))
      }
      let plain = try reader.byteString(most: Limits.columns / 8 + 1)
      end = reader.offset
      return (parts, origin, plain)
    }
    (parts, origin, plain) = head
    rest = bytes[end...]
  }

  /// Of a row whose cells all have one stamp and show what the row shows.
  package static func uniform(_ origin: Stamp, _ plain: [UInt8]) -> [UInt8] {
    var out = CBORWriter(reserving: 40 + plain.count)
    var previous: Stamp?
    out.array(2)
    out.origin(origin, seq: 0, previous: &previous)
    out.byteString(plain)
    return out.bytes
  }

  /// The same for some of the columns.
  ///
  /// - Parameters:
  ///   - columns: positions of those that stay, ascending.
  ///   - hidden: places among them whose cell has a part that does not stay.
  package init(_ all: StoredStamps, columns: [Int], without hidden: [Int]) {
    var plain = [UInt8](repeating: 0, count: columns.count / 8 + 1)
    plain[0] = all.plain[0] & 1
    for (to, from) in columns.enumerated() where all.plain[(from + 1) / 8] & (1 << ((from + 1) % 8)) != 0 {
      plain[(to + 1) / 8] |= 1 << ((to + 1) % 8)
    }
    for at in hidden { plain[(at + 1) / 8] &= ~(1 << ((at + 1) % 8)) }
    (self.plain, origin, parts, rest) = (plain, all.origin, 2, [])
  }
}

extension RowsWriter {
  /// A living row from its stored bytes.
  ///
  /// - Parameters:
  ///   - values: in the wire's encoding, one after the other, those of the run's columns.
  ///   - stamps: nil where every cell is older than the pull's floor.
  package mutating func append(key: [UInt8], seq: UInt64, values: [UInt8], stamps: StoredStamps?) {
    rows.rowHead(seq: seq, key: key, hasStamps: stamps != nil, hasEntries: false)
    rows.array(head?.columns.count ?? 0)
    rows.raw(values)
    if let stamps {
      rows.array(stamps.parts)
      rows.origin(stamps.origin, seq: seq, previous: &origin)
      rows.byteString(stamps.plain)
      rows.raw(stamps.rest)
    }
    rowCount += 1
    count += 1
  }
}

extension CBORReader {
  /// Reads the beginning of some bytes.
  fileprivate static func prefix<T>(
    _ bytes: [UInt8], _ body: (inout CBORReader) throws(RelayError) -> T
  ) throws(RelayError) -> T {
    let result = bytes.withUnsafeBytes { buffer -> Result<T, RelayError> in
      var reader = CBORReader(buffer, budget: Limits.decodedRow)
      do throws(RelayError) { return .success(try body(&reader)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
