import Foundation
import Testing

/// Somebody who vouches for hubs, with the `openssl` command, for one test.
struct Authority {
  let folder: Folder
  /// What devices trust.
  let certificate: String
  private let openssl = Tool(executable: URL(filePath: "/usr/bin/openssl"))

  init(in folder: Folder) async throws {
    self.folder = folder
    certificate = folder.path("authority.pem")
    try await run(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
      "/CN=Test authority", "-keyout", folder.path("authority.key"), "-out", certificate)
  }

  /// A certificate for this machine, and its key, in files that were there before or not.
  func vouch(serial: Int, certificate: String, key: String) async throws {
    let (request, names) = (folder.path("request.pem"), folder.path("names.txt"))
    try "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0.0.0.0\n".write(toFile: names, atomically: true, encoding: .utf8)
    try await run(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", key,
      "-out", request)
    try await run(
      "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", folder.path("authority.key"), "-set_serial",
      "\(serial)", "-days", "30", "-extfile", names, "-out", certificate)
  }

  /// What `openssl s_client` says of the server at this port; it ends by itself, as its input is empty.
  func look(at port: Int, _ options: String...) async throws -> Tool.Outcome {
    try await openssl.run(
      ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", certificate, "-verify_return_error"] + options,
      in: folder)
  }

  /// The serial number of the certificate that is shown at this port.
  func serial(at port: Int) async throws -> Int? {
    let shown = folder.path("shown.pem")
    try await look(at: port).output.write(toFile: shown, atomically: true, encoding: .utf8)
    let outcome = try await openssl.run(["x509", "-in", shown, "-noout", "-serial"], in: folder)
    return outcome.output.split(separator: "=").last.flatMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines), radix: 16)
    }
  }

  private func run(_ arguments: String...) async throws {
    let outcome = try await openssl.run(arguments, in: folder)
    try #require(outcome.status == 0, "openssl \(arguments.joined(separator: " ")): \(outcome.complaint)")
  }
}
