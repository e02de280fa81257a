internal import CZlib
internal import RelayProtocol

/// A body as it should travel: packed as one gzip member (RFC 1952), or nil where it should go as it is.
///
/// Bodies under 512 bytes grow. And a reader takes at most `Limits.inflateRatio` times what it was sent, so what packs
/// better than that, as a blob of zeros does, goes plain, unless only packed it fits a message at all.
///
/// - Parameter level: 1 (fastest) … 9 (smallest). The default is the fastest: for the binary bodies of this protocol
///   the higher levels gain less than a tenth.
public func packed(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8]? {
  guard bytes.count >= 512 else { return nil }
  let (packed, isReadable) = deflated(bytes, level: level)
  return isReadable || bytes.count > Limits.body ? packed : nil
}

/// Packs `bytes` as one gzip member, whatever a reader may think of it.
public func gzip(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8] { deflated(bytes, level: level).packed }

/// - Returns: with the member, whether a reader finds its ratio kept at every byte of it.
private func deflated(_ bytes: [UInt8], level: Int32) -> (packed: [UInt8], isReadable: Bool) {
  var stream = z_stream()
  let status = relay_deflate_init(&stream, min(max(level, 1), 9), Window.gzip)
  precondition(status == Z_OK, "zlib refuses to start (\(status))")
  defer { deflateEnd(&stream) }
  let bound = Int(deflateBound(&stream, uLong(bytes.count)))
  var isReadable = true
  let packed = bytes.withUnsafeBufferPointer { source in
    [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      // zlib never writes through next_in.
      stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      stream.next_out = target.baseAddress
      stream.avail_out = uInt(bound)
      var taken = 0
      repeat {
        let piece = min(64 << 10, source.count - taken)
        taken += piece
        // Every byte that comes out of this piece tells a reader, at most, of all that went in up to its end.
        let before = bound - Int(stream.avail_out)
        if taken > Limits.inflateGrace, taken > Limits.inflateRatio * before { isReadable = false }
        stream.avail_in = uInt(piece)
        // With deflateBound's room all input is always taken; a shorter output would be silent corruption.
        let status = deflate(&stream, taken == source.count ? Z_FINISH : Z_NO_FLUSH)
        precondition(status == (taken == source.count ? Z_STREAM_END : Z_OK), "deflate did not finish (\(status))")
      } while taken < source.count
      count = bound - Int(stream.avail_out)
    }
  }
  return (packed, isReadable)
}

enum Window {
  /// The largest window, with the gzip wrapper and nothing else (zlib.h, deflateInit2 and inflateInit2).
  static let gzip: Int32 = 15 + 16
}
