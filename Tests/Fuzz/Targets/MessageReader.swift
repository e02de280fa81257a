internal import RelayProtocol

/// What is read is written again, and that is read as the same: a message has one spelling.
final class MessageReader: FuzzReader {
  private static let codes: [ErrorCode] = [.malformedMessage, .limitExceeded, .unsupportedVersion]

  /// Reads and writes again.
  private static func again(_ kind: UInt8, _ bytes: [UInt8]) throws(RelayError) -> [UInt8] {
    switch kind % 11 {
    case 0: try SyncRequest(decoding: bytes).encoded()
    case 1: try SyncResponse(decoding: bytes).encoded()
    case 2: try EnrolRequest(decoding: bytes).encoded()
    case 3: try EnrolResponse(decoding: bytes).encoded()
    case 4: try ErrorReply(decoding: bytes).encoded()
    case 5: try VerifyRequest(decoding: bytes).encoded()
    case 6: try VerifyResponse(decoding: bytes).encoded()
    case 7: try HistoryRequest(decoding: bytes).encoded()
    case 8: try HistoryResponse(decoding: bytes).encoded()
    case 9: try RowsRequest(decoding: bytes).encoded()
    default: try RowsResponse(decoding: bytes).encoded()
    }
  }

  func read(_ bytes: [UInt8]) throws {
    guard let kind = bytes.first else { return }
    do throws(RelayError) {
      let once = try Self.again(kind, Array(bytes.dropFirst()))
      let twice: [UInt8]
      do throws(RelayError) {
        twice = try Self.again(kind, once)
      } catch {
        fatalError("what was written is not read: \(error)")
      }
      expect(once == twice, "written once and twice it is not the same")
    } catch {
      expect(Self.codes.contains(error.code), "\(error)")
    }
  }
}

/// Its head is read alone too, as devices do, and says the same.
final class TransactionReader: FuzzReader {
  func read(_ bytes: [UInt8]) throws {
    let transaction = try Transaction(decoding: bytes)
    expect(transaction.encoded() == bytes, "a transaction has two spellings")
    let header: TransactionHeader
    do throws(RelayError) { header = try TransactionHeader(of: bytes) } catch { fatalError("no head: \(error)") }
    expect(header.seen == transaction.seen && header.base == transaction.base, "the head says something else")
  }
}
