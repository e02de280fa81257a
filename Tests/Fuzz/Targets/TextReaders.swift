internal import RelayCurl
internal import RelayGzip
internal import RelayMerge
internal import RelayProtocol

final class SchemaReader: FuzzReader {
  func read(_ bytes: [UInt8]) throws {
    do {
      _ = try SyncSchema(json: bytes)
    } catch {
      expect([.schemaInvalid, .limitExceeded].contains(error.code), "\(error)")
      throw error
    }
  }
}

/// In one piece and in two it becomes the same, and never more than the limit.
final class GzipReader: FuzzReader {
  private static let most = 1 << 16

  func read(_ bytes: [UInt8]) throws {
    let whole = Self.inflated([bytes[...]])
    let cut = bytes.count / 2
    let pieces = Self.inflated([bytes[..<cut], bytes[cut...]])
    expect(whole == pieces, "in two pieces it is something else")
    expect(whole?.count ?? 0 <= Self.most, "more than the limit")
  }

  private static func inflated(_ pieces: [ArraySlice<UInt8>]) -> [UInt8]? {
    do throws(RelayError) {
      let inflater = try Inflater(most: most)
      for piece in pieces {
        // What an array lends must not be left by an error.
        var failure: RelayError?
        piece.withUnsafeBufferPointer { bytes in
          do throws(RelayError) { try inflater.append(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
      }
      return try inflater.finish()
    } catch {
      expect([.malformedMessage, .limitExceeded].contains(error.code), "\(error)")
      return nil
    }
  }
}

final class HeaderReader: FuzzReader {
  func read(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    var headers = ReplyHeaders()
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) { headers.receive(String(line)) }
    expect(headers.contentType.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a type that no terminal is safe from")
    expect(headers.retryAfter.map { $0 >= .zero && $0 <= .seconds(600) } ?? true, "a wait out of bounds")
    let address = try HubAddress(text)
    expect(!address.text.hasSuffix("/") && address.text.hasPrefix("http"), "not an address: \(address.text)")
  }
}
