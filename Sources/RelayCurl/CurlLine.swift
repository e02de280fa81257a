internal import CCurl
internal import Relay
internal import RelayProtocol
internal import Synchronization

/// libcurl's handles: one easy handle for the requests, in a multi handle of its own that keeps the connections and
/// can be woken.
///
/// Unchecked, because libcurl's handles may wander between threads but not be used by two at once: `perform` is only
/// called on the transport's serial queue, and `wake` calls the one function that libcurl allows from any thread.
final class CurlLine: @unchecked Sendable {
  private let easy: UnsafeMutableRawPointer
  private let multi: UnsafeMutableRawPointer

  /// libcurl starts once a process.
  private static let started: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  init() throws(RelayError) {
    guard CurlLine.started == CURLE_OK, let easy = curl_easy_init() else {
      throw RelayError(.ioError, "libcurl does not start")
    }
    guard let multi = curl_multi_init() else {
      curl_easy_cleanup(easy)
      throw RelayError(.ioError, "libcurl does not start")
    }
    self.easy = easy
    self.multi = multi
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_multi_cleanup(multi)
  }

  /// Ends the wait for the network, so that a cancellation is seen at once.
  func wake() { curl_multi_wakeup(multi) }

  /// Runs one exchange to its end; blocks the calling thread.
  func perform(_ exchange: Exchange) -> Result<TransportResponse, RelayError> {
    guard !exchange.isCancelled else { return .failure(exchange.cancellation) }
    curl_easy_reset(easy)
    CurlOptions.set(on: easy, for: exchange)
    guard let headers = exchange.headerList() else {
      return .failure(RelayError(.usage, "a credential with control characters cannot be sent"))
    }
    defer { curl_slist_free_all(headers) }
    relay_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers)

    let code = exchange.body.withUnsafeBytes { body -> CURLcode in
      relay_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      // libcurl only reads from it.
      relay_curl_set_pointer(easy, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress))
      // The exchange outlives the transfer: it is a parameter of this call.
      let context = Unmanaged.passUnretained(exchange).toOpaque()
      relay_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
      relay_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
      exchange.start()
      return transfer(exchange)
    }
    var (status, proxyStatus, certificate) = (0, 0, 0)
    relay_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
    relay_curl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &proxyStatus)
    relay_curl_get_long(easy, CURLINFO_SSL_VERIFYRESULT, &certificate)
    return exchange.outcome(LineResult(code: code, status: status, proxyStatus: proxyStatus, certificate: certificate))
  }

  private func transfer(_ exchange: Exchange) -> CURLcode {
    guard curl_multi_add_handle(multi, easy) == CURLM_OK else { return CURLE_FAILED_INIT }
    defer { curl_multi_remove_handle(multi, easy) }
    while true {
      var running: Int32 = 0
      guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_OUT_OF_MEMORY }
      var left: Int32 = 0
      while let message = curl_multi_info_read(multi, &left) {
        if message.pointee.msg == CURLMSG_DONE { return message.pointee.data.result }
      }
      if exchange.isCancelled { return CURLE_ABORTED_BY_CALLBACK }
      guard running > 0, curl_multi_poll(multi, nil, 0, 1000, nil) == CURLM_OK else { return CURLE_RECV_ERROR }
    }
  }
}
