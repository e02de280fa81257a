internal import RelayMerge
internal import RelayProtocol

/// Which columns a stored row's values are of.
extension HubSession {
  /// Ids of the columns that rows of a shape hold, ascending.
  func columns(ofShape shape: Int64) throws(RelayError) -> [UInt32] {
    if let known = shapes[shape] { return known }
    guard let bytes = try store.settings.columns(ofShape: shape) else {
      throw RelayError(.corrupt, "the hub's store has rows of a shape \(shape) that it does not know")
    }
    let columns = try CBORReader.decode(bytes) { (reader) throws(RelayError) in
      var list: [UInt32] = []
      for _ in 0..<(try reader.array(most: Limits.columns)) {
        list.append(UInt32(try reader.unsigned(most: UInt64(UInt32.max))))
      }
      return list
    }
    shapes[shape] = columns
    return columns
  }

  /// The shape of rows that are written now.
  func shape(of table: TableSchema) throws(RelayError) -> Int64 {
    if let known = newestShapes[table.id] { return known }
    guard let id = try store.settings.shape(ofColumns: table.shape) else {
      throw RelayError(.corrupt, "the hub's store does not know the shape of \(table.name)")
    }
    newestShapes[table.id] = id
    return id
  }
}

extension SyncSchema {
  /// Call it in the transaction that puts the schema in force.
  func putShapes(in settings: any SettingStore) throws(RelayError) {
    for table in tables { try settings.addShape(table.shape) }
  }
}

extension TableSchema {
  fileprivate var shape: [UInt8] {
    var out = CBORWriter()
    out.array(others.count)
    for column in otherIDs { out.unsigned(UInt64(column)) }
    return out.bytes
  }
}
