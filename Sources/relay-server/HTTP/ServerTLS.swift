internal import NIOCore
internal import NIOSSL
internal import RelayProtocol
internal import Synchronization

/// The server's certificate and key, which may be replaced while it runs: connections that are open keep what they began
/// with. TLS 1.2 and 1.3, HTTP/1.1.
final class ServerTLS: Sendable {
  private struct State {
    var context: NIOSSLContext
    var expires: Int64
  }

  private let certificate: String
  private let key: String
  private let state: Mutex<State>

  /// - Throws: `file_missing` or `usage` naming the file and what is wrong with it.
  init(certificate: String, key: String) throws(RelayError) {
    (self.certificate, self.key) = (certificate, key)
    state = Mutex(try Self.read(certificate, key))
  }

  /// Seconds since 1970 at which the certificate is no longer valid.
  var expires: Int64 { state.withLock { $0.expires } }

  func handler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: state.withLock { $0.context }) }

  /// Takes up what the files hold now; where that is no good, what was there stays.
  func reload() throws(RelayError) {
    let new = try Self.read(certificate, key)
    state.withLock { $0 = new }
  }

  private static func read(_ certificate: String, _ key: String) throws(RelayError) -> State {
    let (chainBytes, keyBytes) = (try Files.read(certificate), try Files.read(key))
    guard let chain = try? NIOSSLCertificate.fromPEMBytes(chainBytes), let own = chain.first else {
      throw wrong(certificate, "holds no certificate in PEM")
    }
    guard let secret = try? NIOSSLPrivateKey(bytes: keyBytes, format: .pem) else {
      throw wrong(key, "holds no private key in PEM without a passphrase")
    }
    var settings = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(secret))
    settings.minimumTLSVersion = .tlsv12
    settings.applicationProtocols = ["http/1.1"]
    do {
      return State(context: try NIOSSLContext(configuration: settings), expires: Int64(own.notValidAfter))
    } catch {
      throw wrong(key, "is not the key of the first certificate in \(certificate)")
    }
  }

  private static func wrong(_ file: String, _ what: String) -> RelayError {
    RelayError(
      .usage, "\(file) \(what)",
      advice: "Nothing was changed. Name the certificate with its chain, its own first, and its key (PEM).")
  }
}
