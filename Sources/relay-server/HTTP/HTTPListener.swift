internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import RelayProtocol

/// Takes connections at one address and gives each to a service.
struct HTTPListener: Sendable {
  let channel: any Channel
  let gate: ConnectionGate

  /// - Throws: `usage` naming the address and the reason.
  static func open<Service: HTTPService>(
    _ address: ListenAddress, _ service: Service, gate: ConnectionGate, limits: ServerLimits, tls: ServerTLS? = nil,
    on group: any EventLoopGroup
  ) async throws -> HTTPListener {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.tcpOption(notSentLowWater), value: 128 << 10)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.allocator, value: ByteBufferAllocator())
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
          try channel.pipeline.syncOperations.addHandlers(
            HTTPResponseEncoder(), ByteToMessageHandler(decoder()), HTTPConnection(service, gate, limits))
        }
      }
    do {
      return HTTPListener(channel: try await bootstrap.bind(host: address.host, port: address.port).get(), gate: gate)
    } catch let error as IOError {
      throw address.cannotListen(SystemEdge.reason(error.errnoCode))
    } catch is SocketAddressError.UnknownHost {
      throw address.cannotListen("no such host")
    }
  }

  /// TCP_NOTSENT_LOWAT: of what a peer is not ready for the system takes no more. It would take megabytes of each answer,
  /// which nothing here could count.
  private static var notSentLowWater: NIOBSDSocket.Option {
    #if canImport(Darwin)
      NIOBSDSocket.Option(rawValue: 0x201)
    #else
      NIOBSDSocket.Option(rawValue: 25)
    #endif
  }

  private static func decoder() -> HTTPRequestDecoder {
    var limits = NIOHTTPDecoderLimitConfiguration()
    (limits.maxHeaderFieldSize, limits.maxHeaderListSize, limits.maxHeaderFieldCount) = (8 << 10, 16 << 10, 64)
    return HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
  }

  var port: Int? { channel.localAddress?.port }
}

/// Where to listen.
struct ListenAddress: Sendable, Equatable {
  var host: String
  var port: Int

  /// Splits `HOST:PORT`; an IPv6 address stands in brackets.
  init(_ text: String) throws(RelayError) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { throw RelayError(.usage, "'\(text)' is not HOST:PORT") }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { throw RelayError(.usage, "'\(text)' is not HOST:PORT") }
    (self.host, self.port) = (String(host), port)
  }

  /// Does it take connections of this machine only?
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

  func cannotListen(_ reason: String) -> RelayError {
    RelayError(
      .usage, "\(host):\(port): \(reason)",
      advice: "Nothing was started. Another program may listen there; name another place with --listen HOST:PORT.")
  }
}
