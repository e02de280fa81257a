import Foundation
import Glibc
import Synchronization
import Testing

/// A proxy before the hub that takes only small bodies, as many do, and whose connections end after so many bytes of an
/// answer, as on a slow line where a connection does not live long.
final class NarrowLine: Sendable {
  struct Seen {
    /// Bodies that were turned away with 413, and the largest that was let through.
    var tooLarge = 0
    var largest = 0
    /// Answers that were cut.
    var cut = 0
  }

  let port: Int
  private let listener: Int32
  private let state: State

  var address: String { "http://127.0.0.1:\(port)" }
  var seen: Seen { state.seen.withLock { $0 } }

  /// - Parameters:
  ///   - body: the largest body of a request that is let through, in bytes.
  ///   - answer: after so many bytes of an answer the connection ends.
  init(to hub: HubProcess, body: Int = .max, answer: Int = .max) throws {
    listener = TCP.socket()
    port = try #require(TCP.listen(listener), "no port for the line")
    state = State(hub: hub.port, body: body, answer: answer)
    let (listener, state) = (listener, state)
    Thread {
      while true {
        let device = accept(listener, nil, nil)
        guard device >= 0 else { break }
        Thread { state.carry(device) }.start()
      }
      close(listener)
    }.start()
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  private final class State: Sendable {
    let hub: Int
    let body: Int
    let answer: Int
    let seen = Mutex(Seen())

    init(hub: Int, body: Int, answer: Int) { (self.hub, self.body, self.answer) = (hub, body, answer) }

    /// One request, and its answer.
    func carry(_ device: Int32) {
      defer { close(device) }
      guard let request = Request(from: device) else { return }
      guard request.body.count <= body else {
        seen.withLock { $0.tooLarge += 1 }
        let page = "<html>413 Request Entity Too Large</html>"
        TCP.sendAll(
          device,
          Array(
            ("HTTP/1.1 413 Request Entity Too Large\r\nContent-Type: text/html\r\n"
              + "Content-Length: \(page.utf8.count)\r\nConnection: close\r\n\r\n\(page)").utf8))
        return TCP.drain(device)
      }
      seen.withLock { $0.largest = max($0.largest, request.body.count) }
      let hub = TCP.socket()
      defer { close(hub) }
      guard TCP.connect(hub, port: self.hub), TCP.sendAll(hub, request.head + request.body) else { return }
      answer(from: hub, to: device)
    }

    private func answer(from hub: Int32, to device: Int32) {
      var (left, buffer) = (answer, [UInt8](repeating: 0, count: 64 << 10))
      while true {
        let count = recv(hub, &buffer, buffer.count, 0)
        guard count > 0 else { return TCP.drain(device) }
        guard TCP.sendAll(device, Array(buffer[..<min(count, left)])) else { return }
        left -= min(count, left)
        guard left > 0 else {
          seen.withLock { $0.cut += 1 }
          return TCP.drain(device)
        }
      }
    }
  }

  /// A request as it came, asking for the connection to end with the answer.
  private struct Request {
    var head: [UInt8]
    var body: [UInt8]

    init?(from device: Int32) {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 64 << 10)
      func more() -> Bool {
        let count = recv(device, &buffer, buffer.count, 0)
        if count > 0 { bytes += buffer[..<count] }
        return count > 0
      }
      let end = Array("\r\n\r\n".utf8)
      var split: Range<Int>?
      while split == nil {
        guard more() else { return nil }
        split = bytes.firstRange(of: end)
      }
      guard let split else { return nil }
      let lines = String(decoding: bytes[..<split.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
      let length = lines.first { $0.lowercased().hasPrefix("content-length:") }.flatMap {
        Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces))
      }
      while bytes.count < split.upperBound + (length ?? 0) { guard more() else { return nil } }
      head = Array((lines + ["Connection: close"]).joined(separator: "\r\n").utf8) + end
      body = Array(bytes[split.upperBound...])
    }
  }
}

extension TCP {
  @discardableResult
  static func sendAll(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let some = bytes[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard some > 0 else { return false }
      sent += some
    }
    return true
  }

  /// Ends what is sent and reads what still comes: whoever hangs up with something unread resets the line, and what was
  /// sent may be lost with it.
  static func drain(_ socket: Int32) {
    shutdown(socket, Int32(SHUT_WR))
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while recv(socket, &buffer, buffer.count, 0) > 0 {}
  }
}
