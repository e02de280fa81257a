import Foundation
import Testing

/// A server with a certificate that it signed itself.
final class UntrustedServer {
  private let process: Process
  private let portFile: String

  /// Nil until it listens.
  var port: Int? {
    (try? String(contentsOfFile: portFile, encoding: .utf8)).flatMap { Int($0.trimmingCharacters(in: .newlines)) }
  }

  init(in folder: Folder) throws {
    let (pem, portFile) = (folder.path("untrusted.pem"), folder.path("untrusted.port"))
    try Self.certificate.write(toFile: pem, atomically: true, encoding: .utf8)
    self.portFile = portFile
    let python = Tool(executable: URL(filePath: "/usr/bin/python3"))
    process = try python.start(["-c", Self.program, pem, portFile], in: folder).process
  }

  deinit { process.terminate() }

  private static let program = """
    import os, socket, ssl, sys
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    server = socket.create_server(("127.0.0.1", 0))
    with open(sys.argv[2] + ".new", "w") as file:
        print(server.getsockname()[1], file=file)
    os.rename(sys.argv[2] + ".new", sys.argv[2])
    while True:
        peer, _ = server.accept()
        try:
            context.wrap_socket(peer, server_side=True)
        except OSError:
            pass
    """

  /// Of localhost and 127.0.0.1, for a hundred years; its key opens nothing.
  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBnDCCAUGgAwIBAgIUJiuquUKycJxtUPAJc2UFejKNAIQwCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODE3MTY1NVoYDzIxMjYxMTA0
    MTcxNjU1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAASt4CgsoOEeUDfatDWuQI9fqY2PaCLrNCCDAvklphARYQNTnpqPXwuI
    q0QHyElJnYnceDOap6reuQfsAgcDKBdao28wbTAdBgNVHQ4EFgQUWtYv2lLtsNS8
    yQqgP1EgGYHKfVcwHwYDVR0jBBgwFoAUWtYv2lLtsNS8yQqgP1EgGYHKfVcwDwYD
    VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
    zj0EAwIDSQAwRgIhAPWm0PzD8U9PJ4Ek0gvotj/O1g/KIoE6//GobWW8szBQAiEA
    qGH8AnIKpt1j9EKByHL7X9KI+zxsDYTDGqhvXRbo87M=
    -----END CERTIFICATE-----
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghrCwTCdLnX4zMnMI
    Er6Z7eW5R2gbmIlcyu+I/tDpSIihRANCAASt4CgsoOEeUDfatDWuQI9fqY2PaCLr
    NCCDAvklphARYQNTnpqPXwuIq0QHyElJnYnceDOap6reuQfsAgcDKBda
    -----END PRIVATE KEY-----

    """
}
