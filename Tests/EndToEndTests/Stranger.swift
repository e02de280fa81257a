import Foundation
import Glibc
import Testing

/// Something that listens where a hub was expected, and answers every request with the same bytes.
final class Stranger: Sendable {
  let port: Int
  private let listener: Int32
  private let answer: [UInt8]
  /// Milliseconds between two bytes of the answer; 0 sends it at once.
  private let pause: UInt32

  var address: String { "http://127.0.0.1:\(port)" }

  init(_ answer: String, millisecondsAByte pause: UInt32 = 0) throws {
    listener = TCP.socket()
    port = try #require(TCP.listen(listener), "no port for a stranger")
    (self.answer, self.pause) = (Array(answer.utf8), pause)
    let (listener, bytes, pause) = (listener, self.answer, pause)
    Thread { Stranger.serve(listener, bytes, pause) }.start()
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  /// An address where nothing listens any more.
  static func gone() throws -> String {
    let socket = TCP.socket()
    let port = try #require(TCP.listen(socket))
    close(socket)
    return "http://127.0.0.1:\(port)"
  }

  private static func serve(_ listener: Int32, _ answer: [UInt8], _ pause: UInt32) {
    defer { close(listener) }
    while true {
      let peer = accept(listener, nil, nil)
      guard peer >= 0 else { return }
      Thread {
        defer { close(peer) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        guard recv(peer, &buffer, buffer.count, 0) > 0 else { return }
        let step = pause == 0 ? max(1, answer.count) : 1
        for start in stride(from: 0, to: answer.count, by: step) {
          let sent = answer[start..<min(start + step, answer.count)].withUnsafeBytes {
            send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
          }
          guard sent > 0 else { return }
          if pause > 0 { usleep(pause * 1000) }
        }
        // Whoever hangs up with something unread resets the line, and the answer may be lost with it.
        shutdown(peer, Int32(SHUT_WR))
        while recv(peer, &buffer, buffer.count, 0) > 0 {}
      }.start()
    }
  }
}
