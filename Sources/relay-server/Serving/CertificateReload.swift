internal import Logging
internal import RelayProtocol
internal import ServiceLifecycle
internal import UnixSignals

/// SIGHUP: the certificate and its key are read again.
struct CertificateReload: Service {
  let tls: ServerTLS?
  let logger: Logger

  func run() async throws {
    // Without a certificate nothing is to be read: the signal does what it does to every program.
    guard let tls else { return try await gracefulShutdown() }
    tell(tls, "certificate")
    for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
      do throws(RelayError) {
        try tls.reload()
        tell(tls, "certificate read again")
      } catch {
        logger.error("the new certificate is no good; the one before stays", metadata: ["error": "\(error)"])
      }
    }
  }

  private func tell(_ tls: ServerTLS, _ what: Logger.Message) {
    let days = (tls.expires - SystemEdge.now() / 1000) / 86_400
    logger.log(level: days < 14 ? .warning : .info, what, metadata: ["expires_in_days": "\(days)"])
  }
}
