import Foundation
import Glibc
import Synchronization
import Testing

/// A wire between devices and a hub that a test watches, holds and cuts: a TCP proxy on a port of its own.
final class Tap {
  private let line: TappedLine
  let port: Int

  var address: String { "http://127.0.0.1:\(port)" }
  var passed: TappedLine.Passed { line.state.withLock { $0.passed } }
  /// Whether the wire was cut, or an answer waits, as the test asked.
  var isDown: Bool { line.state.withLock { $0.fault == .down } }
  var isHolding: Bool { line.state.withLock { $0.isHolding } }

  init(to hub: HubProcess) throws {
    let listener = TCP.socket()
    port = try #require(TCP.listen(listener), "no port for the tap")
    let line = TappedLine(listener: listener, hub: hub.port)
    self.line = line
    Thread { line.accept() }.start()
  }

  deinit {
    set(.down)
    line.stop()
  }

  /// Lets so many further bytes of answers through and then hangs up. Whoever connects after that is hung up on, too,
  /// or waits for the answer until the next call.
  func cut(afterBytesDown count: Int, thenHolds: Bool = false) { set(.cut(left: count, thenHolds: thenHolds)) }
  /// Keeps answers back until `heal`.
  func hold() { set(.hold) }
  func heal() { set(.none) }

  private func set(_ fault: TappedLine.Fault) {
    line.state.withLock { state in
      state.fault = fault
      state.isHolding = false
    }
  }
}

/// What the tap's threads share: one that accepts, two for every connection.
final class TappedLine: Sendable {
  struct Passed: Equatable {
    var connections = 0
    /// Sync requests that went up.
    var requests = 0
    var bytesUp = 0
    var bytesDown = 0
  }

  enum Fault: Equatable {
    case none
    /// Answers stop before this many further bytes have passed; then the wire is down, or what is asked anew waits.
    case cut(left: Int, thenHolds: Bool)
    /// Answers wait here.
    case hold
    /// Whoever is connected, or connects, is hung up on.
    case down
  }

  struct State {
    var fault = Fault.none
    var passed = Passed()
    var isHolding = false
  }

  let state = Mutex(State())
  private let listener: Int32
  private let hub: Int

  init(listener: Int32, hub: Int) {
    self.listener = listener
    self.hub = hub
  }

  deinit { close(listener) }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  func accept() {
    while true {
      let device = Glibc.accept(listener, nil, nil)
      guard device >= 0 else { return }
      let ends = Ends(device: device, hub: TCP.socket())
      let isDown = state.withLock { state in
        state.passed.connections += 1
        return state.fault == .down
      }
      guard !isDown, TCP.connect(ends.hub, port: hub) else { continue }
      Thread { self.carryUp(ends) }.start()
      Thread { self.carryDown(ends) }.start()
    }
  }

  /// Both ends of one connection, closed when neither thread uses them any more.
  private final class Ends: Sendable {
    let device: Int32
    let hub: Int32

    init(device: Int32, hub: Int32) {
      self.device = device
      self.hub = hub
    }

    deinit {
      close(device)
      close(hub)
    }

    func hangUp() { for end in [device, hub] { shutdown(end, Int32(SHUT_RDWR)) } }
  }

  private func carryUp(_ ends: Ends) {
    carry(from: ends.device, to: ends.hub) { piece in
      // libcurl sends a request's head in one piece.
      let heads = String(decoding: piece, as: UTF8.self).components(separatedBy: "POST /v1/sync HTTP/1.1")
      state.withLock { state in
        state.passed.bytesUp += piece.count
        state.passed.requests += heads.count - 1
      }
      return piece.count
    }
    shutdown(ends.hub, Int32(SHUT_WR))
  }

  private func carryDown(_ ends: Ends) {
    carry(from: ends.hub, to: ends.device) { piece in
      while true {
        if let allowed = state.withLock({ $0.allowed(piece.count) }) { return allowed }
        usleep(2000)
      }
    }
    ends.hangUp()
  }

  /// Carries pieces until one side ends or `allow` lets less than a whole piece through.
  private func carry(from source: Int32, to target: Int32, _ allow: ([UInt8]) -> Int) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = recv(source, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      let allowed = allow(Array(buffer[..<count]))
      var sent = 0
      while sent < allowed {
        let some = buffer[sent..<allowed].withUnsafeBytes {
          send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard some > 0 else { return }
        sent += some
      }
      guard allowed == count else { return }
    }
  }
}

extension TappedLine.State {
  /// - Returns: how many of these bytes of an answer may pass now; nil while they have to wait.
  mutating func allowed(_ count: Int) -> Int? {
    var allowed = count
    switch fault {
    case .none: break
    case .cut(let left, let thenHolds):
      allowed = min(left, count)
      fault = allowed == count ? .cut(left: left - allowed, thenHolds: thenHolds) : thenHolds ? .hold : .down
    case .hold:
      isHolding = true
      return nil
    case .down: allowed = 0
    }
    passed.bytesDown += allowed
    return allowed
  }
}

/// The few calls of POSIX sockets that tests need, on the loopback interface.
enum TCP {
  static func socket() -> Int32 { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }

  /// - Returns: the port that the system chose.
  static func listen(_ socket: Int32) -> Int? {
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    var address = loopback(port: 0)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int32 in
        guard bind(socket, address, size) == 0, Glibc.listen(socket, 64) == 0 else { return -1 }
        return getsockname(socket, address, &size)
      }
    }
    return result == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
  }

  static func connect(_ socket: Int32, port: Int) -> Bool {
    var address = loopback(port: port)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
