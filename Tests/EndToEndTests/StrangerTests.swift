internal import CCurl
import Foundation
import Relay
internal import RelayProtocol
import Testing

@testable import RelayCurl

/// Everything that answers, or does not, in a hub's place: a person is told which of them it was.
@Suite(.timeLimit(.minutes(5)))
struct StrangerTests {
  let folder: Folder
  let clerk: Clerk

  init() throws {
    folder = try Folder()
    clerk = try Clerk("desk", in: folder)
  }

  /// How an enrolment at this address ends, for a person with these words in the environment.
  private func enrolment(at hub: String, _ environment: [String: String] = [:]) async throws -> String? {
    var client = clerk.client
    client.environment.merge(environment) { $1 }
    if !environment.isEmpty { client.environment["no_proxy"] = nil }
    let outcome = try await client.run(
      clerk.place + ["enroll", "--hub", hub, "--code", "ANY", "--plain-http", "--json"], in: folder)
    #expect(outcome.status == 4, "\(outcome.complaint)")
    // What was not enrolled works on.
    try await clerk.change("INSERT INTO book (id, branch, title) VALUES (lower(hex(randomblob(8))), 'north', 'Atlas')")
    return try outcome.errorCode()
  }

  private static func page(_ status: String, _ headers: String = "", _ body: String = "<html>Welcome</html>") -> String
  {
    "HTTP/1.1 \(status)\r\nContent-Type: text/html\r\n\(headers)Content-Length: \(body.utf8.count)\r\n"
      + "Connection: close\r\n\r\n\(body)"
  }

  @Test("Nobody listens, nobody knows the name, the line breaks")
  func noHub() async throws {
    #expect(try await enrolment(at: try Stranger.gone()) == "connection_refused")
    // A label of more than 63 letters is no name anywhere, so that no network is asked.
    #expect(try await enrolment(at: "http://\(String(repeating: "x", count: 70)).example") == "hub_name_unknown")
    let silent = try Stranger("")
    defer { withExtendedLifetime(silent) {} }
    #expect(try await enrolment(at: silent.address) == "connection_lost")
    let half = Self.page("200 OK", "", String(repeating: "x", count: 1000))
    let cut = try Stranger(String(half.dropLast(500)))
    defer { withExtendedLifetime(cut) {} }
    #expect(try await enrolment(at: cut.address) == "connection_lost")
  }

  @Test(
    "The network wants a sign-in, or the address is that of another server",
    arguments: [
      ("200 OK", "sign_in_page"), ("302 Found", "sign_in_page"),
      ("511 Network Authentication Required", "sign_in_page"),
      ("404 Not Found", "hub_unreachable"), ("502 Bad Gateway", "hub_unreachable"),
    ])
  func anotherServer(status: String, code: String) async throws {
    let headers = status.hasPrefix("302") ? "Location: http://sign-in.example/\r\n" : ""
    let stranger = try Stranger(Self.page(status, headers))
    defer { withExtendedLifetime(stranger) {} }
    #expect(try await enrolment(at: stranger.address) == code)
  }

  @Test("A proxy on the way asks for a password, before a plain line and before a secure one")
  func proxyPassword() async throws {
    let proxy = try Stranger(
      Self.page("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"x\"\r\n"))
    defer { withExtendedLifetime(proxy) {} }
    let by = ["http_proxy": proxy.address, "https_proxy": proxy.address]
    for hub in ["http://hub.example", "https://hub.example"] {
      #expect(try await enrolment(at: hub, by) == "proxy_password", "\(hub)")
    }
  }

  @Test("A certificate that nobody vouches for")
  func untrusted() async throws {
    let server = try UntrustedServer(in: folder)
    defer { withExtendedLifetime(server) {} }
    try await eventually("it listens") { server.port != nil }
    let port = try #require(server.port)
    #expect(try await enrolment(at: "https://127.0.0.1:\(port)") == "certificate_untrusted")
    #expect(try await enrolment(at: "https://localhost:\(port)") == "certificate_untrusted")
  }

  @Test("What a certificate's date says is told apart from who vouches for it", arguments: [9, 10, 18, 19, 20, 0])
  func certificates(result: Int) {
    let error = LineResult(code: CURLE_PEER_FAILED_VERIFICATION, certificate: result).error("https://hub.example")
    #expect(error.code == ([9, 10].contains(result) ? .certificateExpired : .certificateUntrusted))
    #expect(error.message.contains("https://hub.example"))
  }

  @Test("A hub at two bytes a second is left, without a deadline of the caller's")
  func crawls() async throws {
    let stranger = try Stranger(Self.page("200 OK"), millisecondsAByte: 500)
    defer { withExtendedLifetime(stranger) {} }
    let transport = try CurlTransport(hub: stranger.address)
    let error = await #expect(throws: RelayError.self) {
      try await transport.send(TransportRequest(path: "/v1/sync", body: [0xA0]), deadline: nil)
    }
    #expect(error?.code == .hubSilent)
  }

  @Test("A caller's own deadline is told as such")
  func deadline() async throws {
    let stranger = try Stranger(Self.page("200 OK"), millisecondsAByte: 500)
    defer { withExtendedLifetime(stranger) {} }
    let transport = try CurlTransport(hub: stranger.address)
    let error = await #expect(throws: RelayError.self) {
      try await transport.send(TransportRequest(path: "/v1/sync", body: [0xA0]), deadline: .milliseconds(300))
    }
    #expect(error?.code == .deadline)
  }
}
