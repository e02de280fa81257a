internal import CZlib
public import RelayProtocol

/// Unpacks exactly one gzip member that fills `bytes`. Never holds more than `most` bytes of output, whatever the
/// input claims.
///
/// - Parameter most: the largest result allowed, in bytes.
/// - Throws: `malformed_message` where the bytes are no gzip, are damaged, end early or go on after the member;
///   `limit_exceeded` where the result would be larger than `most`, or larger than `Limits.inflateRatio` times the
///   input once more than `Limits.inflateGrace` came out.
public func gunzip(_ bytes: [UInt8], most: Int = Limits.inflatedBody) throws(RelayError) -> [UInt8] {
  let inflater = try Inflater(most: most)
  try bytes.withUnsafeBufferPointer { source throws(RelayError) in try inflater.append(source) }
  return try inflater.finish()
}

/// Inflates a body that arrives in pieces. Not to be used after it threw.
package final class Inflater {
  // zlib keeps the address of its stream, so that it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let most: Int
  private var started = false
  private var received = 0
  private var finished = false
  private var output: [UInt8] = []

  /// - Parameter most: the largest result allowed, in bytes.
  package init(most: Int) throws(RelayError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    self.most = most
    let status = relay_inflate_init(stream, Window.gzip)
    guard status == Z_OK else {
      throw RelayError(.limitExceeded, "zlib refuses to start (\(status)): there is no memory for it")
    }
    started = true
  }

  package func append(_ bytes: UnsafeBufferPointer<UInt8>) throws(RelayError) {
    guard bytes.count > 0 else { return }
    guard !finished else { throw RelayError(.malformedMessage, "bytes after the end of the gzip member") }
    received += bytes.count
    stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
    stream.pointee.avail_in = uInt(bytes.count)
    var full = true
    while !finished && (stream.pointee.avail_in > 0 || full) { full = try step() }
    guard stream.pointee.avail_in == 0 else {
      throw RelayError(.malformedMessage, "bytes after the end of the gzip member")
    }
  }

  /// The whole body.
  ///
  /// - Throws: `malformed_message` where its end has not been seen.
  package func finish() throws(RelayError) -> [UInt8] {
    guard finished else { throw RelayError(.malformedMessage, "the gzip body is cut off after \(received) bytes") }
    return output
  }

  deinit {
    if started { inflateEnd(stream) }
    stream.deallocate()
  }

  /// Inflates into one piece of room and tells whether it was filled, so that more may wait inside zlib.
  private func step() throws(RelayError) -> Bool {
    // One byte beyond the cap is asked for, so that a result of exactly `most` is told from a larger one.
    let room = min(64 << 10, most - output.count + 1)
    var status = Z_OK
    let before = output.count
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { piece in
      stream.pointee.next_out = piece.baseAddress
      stream.pointee.avail_out = uInt(room)
      status = inflate(stream, Z_NO_FLUSH)
      output.append(contentsOf: piece[..<(room - Int(stream.pointee.avail_out))])
    }
    guard output.count <= most else {
      throw RelayError(.limitExceeded, "a gzip body that inflates to more than \(most) bytes")
    }
    guard output.count <= Limits.inflateGrace || output.count <= Limits.inflateRatio * received else {
      throw RelayError(.limitExceeded, "a gzip body that inflates to more than \(Limits.inflateRatio) times its size")
    }
    switch status {
    case Z_STREAM_END: finished = true
    case Z_OK: break
    // No progress was possible: all input is taken and all output given.
    case Z_BUF_ERROR where output.count == before && stream.pointee.avail_in == 0: return false
    case Z_MEM_ERROR: throw RelayError(.limitExceeded, "there is no memory to inflate a body")
    default: throw RelayError(.malformedMessage, "the gzip body is damaged near byte \(received)")
    }
    return stream.pointee.avail_out == 0
  }
}
