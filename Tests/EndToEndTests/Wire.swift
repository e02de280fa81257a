import Foundation
import Glibc
import Testing

/// One TCP connection to a hub, on which a test speaks HTTP by hand. Never blocks a thread.
final class Wire {
  struct Reply {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private let socket: Int32
  private var received: [UInt8] = []

  /// - Parameter window: how many bytes the system takes in for this side before the other one has to hold them; nil for as
  ///   many as it likes.
  init(port: Int, window: Int32? = nil) throws {
    socket = TCP.socket()
    if var window { setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &window, socklen_t(MemoryLayout<Int32>.size)) }
    try #require(TCP.connect(socket, port: port), "no connection to port \(port): \(String(cString: strerror(errno)))")
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
  }

  deinit { close(socket) }

  /// Tells the other side that nobody listens any more.
  func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }

  /// - Parameter announced: how long the head says that the body is, where that is not so.
  func send(
    _ method: String, _ path: String, token: String? = nil, body: [UInt8] = [], announced: Int? = nil,
    host: String = "127.0.0.1"
  ) async throws {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nContent-Length: \(announced ?? body.count)\r\n"
    if let token { head += "Authorization: Bearer \(token)\r\n" }
    var bytes = Array((head + "\r\n").utf8) + body
    while !bytes.isEmpty {
      let count = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      if count > 0 {
        bytes.removeFirst(count)
      } else {
        try #require(errno == EAGAIN, "cannot send: \(String(cString: strerror(errno)))")
        try await Task.sleep(for: .milliseconds(1))
      }
    }
  }

  /// Sends a piece over and over until the other side ends the connection.
  ///
  /// - Returns: how many bytes went in.
  func sendUntilCut(_ piece: [UInt8], most: Int) async throws -> Int {
    var sent = 0
    while sent < most {
      let count = Glibc.send(socket, piece, piece.count, Int32(MSG_NOSIGNAL))
      if count > 0 {
        sent += count
      } else {
        guard errno == EAGAIN else { return sent }
        try await Task.sleep(for: .milliseconds(1))
      }
    }
    return sent
  }

  /// The next whole answer.
  ///
  /// - Parameter isHead: it tells how long its body would be and brings none.
  func reply(within limit: Duration = .seconds(60), isHead: Bool = false) async throws -> Reply {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      if let reply = try take(isHead) { return reply }
      var piece = [UInt8](repeating: 0, count: 64 << 10)
      let count = recv(socket, &piece, piece.count, 0)
      if count > 0 {
        received += piece[..<count]
      } else {
        try #require(count < 0 && errno == EAGAIN, "the connection ended without an answer")
        try await Task.sleep(for: .milliseconds(1))
      }
    }
    throw CancellationError()
  }

  /// Takes an answer off what was received, if all of it is there.
  private func take(_ isHead: Bool) throws -> Reply? {
    guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.last?.trimmingCharacters(in: .whitespaces)
    }
    let hasBody = !isHead && !lines[0].contains(" 204 ")
    let length = hasBody ? try #require(headers["content-length"].flatMap { Int($0) }) : 0
    guard received.count >= end.upperBound + length else { return nil }
    let status = try #require(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    let body = Array(received[end.upperBound..<end.upperBound + length])
    received.removeFirst(end.upperBound + length)
    return Reply(status: status, headers: headers, body: body)
  }
}
