import Foundation
import Relay
import RelayCurl
import Testing

/// A hub that speaks TLS itself, and devices that send nothing to other machines without it.
@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
  let folder: Folder
  let hub: HubProcess
  let authority: Authority
  let certificate: String
  let key: String

  init() async throws {
    folder = try Folder()
    hub = try await HubProcess(in: folder)
    authority = try await Authority(in: folder)
    (certificate, key) = (folder.path("hub.pem"), folder.path("hub.key"))
    try await authority.vouch(serial: 17, certificate: certificate, key: key)
  }

  private func serve(listening host: String = "127.0.0.1") async throws {
    try await hub.serve(listening: host, "--certificate", certificate, "--key", key)
  }

  private func clerk(_ name: String) throws -> Clerk {
    var clerk = try Clerk(name, in: folder)
    clerk.client.environment["SSL_CERT_FILE"] = authority.certificate
    return clerk
  }

  @Test("Two clerks sync over TLS, from any machine; who does not trust the certificate sends nothing")
  func syncs() async throws {
    // Beyond loopback, which without TLS needs a proxy.
    try await serve(listening: "0.0.0.0")
    let address = "https://localhost:\(hub.port)"
    let (desk, cart) = (try clerk("desk"), try clerk("cart"))
    try await hub.enrol(desk, scopes: ["branch/north"], at: address)
    try await hub.enrol(cart, scopes: ["branch/north"], at: "https://127.0.0.1:\(hub.port)")
    // More than one piece of an answer, and of a body.
    try await desk.change(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO book (id, branch, title) SELECT 'b' || i, 'north', hex(randomblob(100)) FROM n
      """)
    try await desk.sync()
    try await cart.sync()
    try await desk.expectSettled()
    try await cart.expectSettled()
    #expect(try await cart.ask("SELECT count(*) FROM book") == "20000")

    let stranger = try Clerk("stranger", in: folder)
    let outcome = try await stranger("enroll", "--hub", address, "--code", "ANY", "--json")
    #expect(try outcome.errorCode() == "certificate_untrusted")
    #expect(outcome.status == 4)
  }

  @Test("TLS 1.2 and 1.3 are spoken, nothing older, and nothing without TLS", arguments: ["1_1", "1_2", "1_3"])
  func versions(version: String) async throws {
    try await serve()
    let outcome = try await authority.look(at: hub.port, "-tls\(version)", "-cipher", "DEFAULT:@SECLEVEL=0")
    #expect((outcome.status == 0) == (version != "1_1"), "\(outcome.complaint)")
    let plain = try Wire(port: hub.port)
    #expect(
      try await plain.sendUntilCut(Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), most: 1 << 20) < 1
        << 20)
    #expect(try await authority.look(at: hub.port).status == 0, "the hub serves on")
  }

  @Test("SIGHUP takes up a new certificate; one that is no good changes nothing, and who waits goes on waiting")
  func reload() async throws {
    try await serve()
    let log = try #require(hub.log)
    func logged() throws -> String { try String(contentsOf: log, encoding: .utf8) }
    #expect(try await authority.serial(at: hub.port) == 17)
    let (desk, cart) = (try clerk("desk"), try clerk("cart"))
    try await hub.enrol(desk, scopes: ["branch/north"], at: "https://localhost:\(hub.port)")
    try await hub.enrol(cart, scopes: ["branch/north"], at: "https://localhost:\(hub.port)")

    try "no certificate\n".write(toFile: certificate, atomically: true, encoding: .utf8)
    hub.hangUp()
    try await eventually("the hub says that it is no good") { try logged().contains("the one before stays") }
    #expect(try await authority.serial(at: hub.port) == 17)

    // The right certificate with another one's key.
    try await authority.vouch(serial: 18, certificate: certificate, key: folder.path("other.key"))
    hub.hangUp()
    try await eventually("the hub names the key") { try logged().contains("is not the key of the first certificate") }
    #expect(try await authority.serial(at: hub.port) == 17)

    try await authority.vouch(serial: 19, certificate: certificate, key: key)
    hub.hangUp()
    try await eventually("the new one is shown") { try await authority.serial(at: hub.port) == 19 }
    try await desk.change("INSERT INTO book (id, branch, title) VALUES ('b1', 'north', 'Atlas')")
    try await desk.sync()
    try await cart.sync()
    #expect(try await cart.ask("SELECT title FROM book") == "Atlas")
    #expect(try await hub.metric("relay_certificate_expires_seconds") > Date().timeIntervalSince1970 + 29 * 86_400)
    #expect(try await hub.stop() == 0)
  }

  @Test("A hub whose certificate or key is no good is not started, and says which file")
  func wrongFiles() async throws {
    let empty = folder.path("empty.pem")
    try "".write(toFile: empty, atomically: true, encoding: .utf8)
    try await authority.vouch(serial: 2, certificate: folder.path("other.pem"), key: folder.path("other.key"))
    for (pair, named) in [
      ((certificate, folder.path("other.key")), "other.key"), ((empty, key), "empty.pem"),
      ((certificate, empty), "empty.pem"),
      ((folder.path("none.pem"), key), "none.pem"),
    ] {
      let outcome = try await hub.attempt(
        "serve", "--data", hub.data, "--listen", "127.0.0.1:0", "--certificate", pair.0, "--key", pair.1)
      #expect(outcome.status != 0)
      #expect(outcome.complaint.contains(named), "\(outcome.complaint)")
    }
    let half = try await hub.attempt("serve", "--data", hub.data, "--certificate", certificate)
    #expect(half.complaint.contains("go together"), "\(half.complaint)")
  }

  @Test("A device sends nothing to another machine without TLS, unless it was told to")
  func plainHTTP() async throws {
    // 0.0.0.0 is this machine, by a name that does not say so.
    try await hub.serve(listening: "127.0.0.1", "--host", "0.0.0.0")
    let desk = try Clerk("desk", in: folder)
    let code = try await hub.addDevice("desk", scopes: ["branch/north"])
    let address = "http://0.0.0.0:\(hub.port)"
    let outcome = try await desk("enroll", "--hub", address, "--code", code, "--json")
    #expect(try outcome.errorCode() == "plain_http")
    #expect(outcome.status == 1)
    #expect(try await desk("enroll", "--hub", address, "--code", code, "--plain-http").status == 0)
    try await desk.change("INSERT INTO book (id, branch, title) VALUES ('b1', 'north', 'Atlas')")
    // Said once, it is remembered with the address.
    try await desk.sync()
    try await desk.expectSettled()
  }

  @Test(
    "Only what no directory is asked for counts as this machine",
    arguments: [
      ("http://127.0.0.1:8470", nil), ("http://localhost", nil), ("http://hub.localhost:1/x", nil),
      ("http://[::1]:80/", nil),
      ("http://127.9.8.7", nil), ("https://relay.example.org/hub", nil), ("http://relay.example.org", .plainHTTP),
      ("http://127.0.0.1.example.org", .plainHTTP), ("http://127.1", .plainHTTP), ("http://127.0.0.256", .plainHTTP),
      ("http://127.0.0.01", .plainHTTP), ("http://localhost.example.org", .plainHTTP), ("http://[::2]", .plainHTTP),
      ("http://0.0.0.0", .plainHTTP), ("http://localhost@relay.example.org", .usage),
      ("http://localhost\\.example.org", .usage),
      ("http://localhost?.example.org", .usage), ("http://localhost:80x", .usage), ("http://", .usage),
      ("ftp://localhost", .usage),
      ("http://[::1", .usage), ("http://locаlhost", .usage),
    ] as [(String, ErrorCode?)])
  func addresses(hub: String, code: ErrorCode?) {
    do {
      _ = try CurlTransport(hub: hub)
      #expect(code == nil, "\(hub)")
    } catch {
      #expect(error.code == code, "\(hub): \(error)")
    }
    if code == .plainHTTP { #expect(throws: Never.self) { try CurlTransport(hub: hub, allowsPlainHTTP: true) } }
  }
}
