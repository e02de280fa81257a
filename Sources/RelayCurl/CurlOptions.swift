internal import CCurl
internal import RelayProtocol

/// The one place where libcurl is told what it may do.
enum CurlOptions {
  static let connectTimeout: Duration = .seconds(10)
  /// A transfer that moves less than `leastSpeed` for so long is given up; a parked pull adds its wait.
  static let silence: Duration = .seconds(30)
  /// Bytes a second. The slowest line that is worth waiting for, GSM data at 9.6 kbit/s, carries a thousand.
  static let leastSpeed = 64

  static func set(on easy: UnsafeMutableRawPointer, for exchange: Exchange) {
    relay_curl_set_string(easy, CURLOPT_URL, exchange.url)
    relay_curl_set_long(easy, CURLOPT_POST, 1)
    relay_curl_set_string(easy, CURLOPT_USERAGENT, "relay/\(SyncRequest.version)")
    // HTTP/2 costs twice the processor time for one request at a time.
    relay_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))

    relay_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    relay_curl_set_string(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https")
    relay_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    relay_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
    relay_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
    relay_curl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let authorities = exchange.authorities { relay_curl_set_string(easy, CURLOPT_CAINFO, authorities) }
    if exchange.isLocal { relay_curl_set_string(easy, CURLOPT_NOPROXY, "*") }
    relay_curl_set_long(easy, CURLOPT_NETRC, 0)
    relay_curl_set_long(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    // The credential is for the hub, not for a proxy on the way.
    relay_curl_set_long(easy, CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))

    // libcurl's timeouts must not use signals: the app has threads.
    relay_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    relay_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    relay_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connectTimeout.wholeMilliseconds)
    relay_curl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, leastSpeed)
    relay_curl_set_long(easy, CURLOPT_LOW_SPEED_TIME, (silence + exchange.wait).wholeMilliseconds / 1000)
    if let deadline = exchange.deadline {
      // 0 would mean none.
      relay_curl_set_long(easy, CURLOPT_TIMEOUT_MS, max(1, deadline.wholeMilliseconds))
    }

    // Refuses an announced length at once; what is not announced is counted as it arrives. No ACCEPT_ENCODING:
    // libcurl would inflate without a limit.
    relay_curl_set_size(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(Limits.body))
    relay_curl_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().receive(piece) ? piece.count : 0
    }
    relay_curl_set_write(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
      Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().receiveHeader(line)
      return line.count
    }
  }
}

extension Duration {
  /// Clamped to what every platform's long can hold.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    guard seconds < 1_000_000 else { return 1_000_000_000 }
    return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }
}
