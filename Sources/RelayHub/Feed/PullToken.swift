internal import RelayMerge
internal import RelayProtocol

/// Where a pull goes on, and everything that must still hold for it to go on (rule 23).
struct PullToken: Equatable {
  var asked: Hash128
  /// The last row that was looked at.
  var place = FeedPlace.start
  /// Decided with the first page: everything is brought anew, beginning at this head. What leaves after it is listed.
  var wholeSince: UInt64?

  init(_ request: SyncRequest, _ device: HubDevice, epoch: Hash128, view: SyncSchema) {
    var out = CBORWriter()
    out.byteString(epoch.bytes)
    // A device that is newer than the hub sees its newest, which may become another between two pages.
    out.byteString(view.hash.bytes)
    out.unsigned(request.installed ?? 0)
    out.unsigned(request.base)
    out.unsigned(request.floor)
    out.textString(request.role)
    out.array(request.scopes.count)
    for scope in request.scopes { out.textString(scope) }
    out.textString(device.role)
    for grant in device.grants {
      out.textString(grant.scope)
      out.bool(grant.readable)
      out.bool(grant.writable)
    }
    asked = hash128(out.bytes)
  }

  /// - Throws: `page_void` when it was given for something else.
  mutating func resume(_ bytes: [UInt8]) throws(RelayError) {
    let read = try? CBORReader.decode(bytes) { (reader) throws(RelayError) in
      try reader.array(exactly: 4)
      let hash = Hash128(bytes: try reader.byteString(most: 16))
      let seq = try reader.unsigned(most: Limits.sequence)
      let row = Int64(bitPattern: try reader.unsigned(most: UInt64(Int64.max)))
      return (hash: hash, place: FeedPlace(seq: seq, row: row), whole: try reader.unsigned(most: Limits.sequence + 1))
    }
    // One that does not decode was given by another build of the hub.
    guard let read, read.hash == asked || Mutation.isPlanted(.tokenLives) else {
      throw RelayError(.pageVoid, "scopes, role, schema or base changed since the page before")
    }
    (place, wholeSince) = (read.place, read.whole == 0 ? nil : read.whole - 1)
  }

  var encoded: [UInt8] {
    var out = CBORWriter()
    out.array(4)
    out.byteString(asked.bytes)
    out.unsigned(place.seq)
    out.unsigned(UInt64(place.row))
    out.unsigned(wholeSince.map { $0 + 1 } ?? 0)
    return out.bytes
  }
}
