internal import CZlib
internal import RelayProtocol

/// Packs `bytes` as one gzip member (RFC 1952).
///
/// - Parameter level: 1 (fastest) … 9 (smallest). The default is the fastest: for the binary bodies of this protocol
///   the higher levels gain less than a tenth.
public func gzip(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8] {
  var stream = z_stream()
  let status = relay_deflate_init(&stream, min(max(level, 1), 9), Window.gzip)
  precondition(status == Z_OK, "zlib refuses to start (\(status))")
  defer { deflateEnd(&stream) }
  let bound = Int(deflateBound(&stream, uLong(bytes.count)))
  return bytes.withUnsafeBufferPointer { source in
    [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      // zlib never writes through next_in.
      stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      stream.avail_in = uInt(source.count)
      stream.next_out = target.baseAddress
      stream.avail_out = uInt(bound)
      // With deflateBound's room one call always finishes; a shorter output would be silent corruption.
      let status = deflate(&stream, Z_FINISH)
      precondition(status == Z_STREAM_END, "deflate did not finish (\(status))")
      count = bound - Int(stream.avail_out)
    }
  }
}

enum Window {
  /// The largest window, with the gzip wrapper and nothing else (zlib.h, deflateInit2 and inflateInit2).
  static let gzip: Int32 = 15 + 16
}
