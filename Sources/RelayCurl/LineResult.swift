internal import CCurl
internal import Relay
internal import RelayProtocol

/// How libcurl says that an exchange ended.
struct LineResult {
  var code: CURLcode
  /// The status of the last answer; 0 where none came.
  var status = 0
  /// What a proxy answered to CONNECT; 0 where there was none.
  var proxyStatus = 0
  /// What TLS found wrong with the certificate, as OpenSSL numbers it (openssl/x509_vfy.h); 0 for nothing.
  var certificate = 0

  /// What kept the answer away, in Relay's words.
  func error(_ url: String) -> RelayError {
    let reason = String(cString: curl_easy_strerror(code))
    if proxyStatus == 407 { return RelayError(.proxyPassword, "the proxy on the way to \(url) asks for a password") }
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST:
      return RelayError(.hubNameUnknown, "\(url): nobody knows this name (\(reason))")
    case CURLE_COULDNT_RESOLVE_PROXY:
      return RelayError(.hubNameUnknown, "\(url): nobody knows the name of the proxy before it (\(reason))")
    case CURLE_COULDNT_CONNECT: return RelayError(.connectionRefused, "\(url): nothing listens there (\(reason))")
    case CURLE_OPERATION_TIMEDOUT: return RelayError(.hubSilent, "\(url) does not answer in time (\(reason))")
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
      return RelayError(.connectionLost, "\(url): the connection broke (\(reason))")
    case CURLE_PEER_FAILED_VERIFICATION:
      guard [LineResult.notYetValid, LineResult.expired].contains(certificate) else {
        return RelayError(.certificateUntrusted, "\(url): the certificate proves nothing (\(reason))")
      }
      return RelayError(.certificateExpired, "\(url): the certificate does not hold today")
    case CURLE_SSL_CACERT_BADFILE:
      return RelayError(.fileMissing, "the file with the certificates that may vouch for a hub cannot be read")
    default: return RelayError(.hubUnreachable, "\(url): \(reason)")
    }
  }

  private static let notYetValid = 9
  private static let expired = 10
}
