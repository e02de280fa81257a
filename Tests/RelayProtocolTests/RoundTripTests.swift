import RelayProtocol
import RelaySimulation
import Testing

struct RoundTripTests {
  @Test("every message says again what it said", arguments: MessageKind.allCases)
  func messages(_ kind: MessageKind) throws {
    for bytes in kind.samples { #expect(try kind.again(bytes) == bytes) }
  }

  @Test("a decoded message equals the one that was encoded")
  func contents() throws {
    for one in Samples.transactions { #expect(try Transaction(decoding: one.encoded()) == one) }
    for one in Samples.requests { #expect(try SyncRequest(decoding: one.encoded()) == one) }
    for one in Samples.responses { #expect(try SyncResponse(decoding: one.encoded()) == one) }
    #expect(try EnrolRequest(decoding: Samples.enrolRequest.encoded()) == Samples.enrolRequest)
    #expect(try EnrolResponse(decoding: Samples.enrolResponse.encoded()) == Samples.enrolResponse)
    #expect(try ErrorReply(decoding: Samples.error.encoded()) == Samples.error)
    #expect(try VerifyRequest(decoding: Samples.verifyRequest.encoded()) == Samples.verifyRequest)
    #expect(try VerifyResponse(decoding: Samples.verifyResponse.encoded()) == Samples.verifyResponse)
    #expect(try HistoryRequest(decoding: Samples.historyRequest.encoded()) == Samples.historyRequest)
    #expect(try HistoryResponse(decoding: Samples.historyResponse.encoded()) == Samples.historyResponse)
    for one in Samples.rowsRequests { #expect(try RowsRequest(decoding: one.encoded()) == one) }
    for one in Samples.rowsResponses { #expect(try RowsResponse(decoding: one.encoded()) == one) }
  }

  @Test("a transaction that is cut to one row has that row's change, and nothing of another one")
  func cut() throws {
    for one in Samples.transactions {
      var rows = one.rows.map(\.row)
      rows += rows.flatMap { row in
        [RowID(table: row.table + 1, key: row.key), RowID(table: row.table, key: row.key + [0]), Samples.row]
      }
      for row in rows {
        var expected = one
        expected.rows = one.rows.filter { $0.row == row }
        #expect(try Transaction(sealed: one.encoded(), cutTo: row) == expected)
      }
    }
    // One of every value, so that all are passed over.
    var all = try #require(Samples.transactions.first)
    all.rows = Samples.values.enumerated().map { at, value in
      RowChange(row: RowID(table: 1, values: [.integer(Int64(at))]), base: 0, operations: [Operation(.set(2, [value]))])
    }
    for row in all.rows { #expect(try Transaction(sealed: all.encoded(), cutTo: row.row).rows == [row]) }
  }

  @Test("a value arrives with the bits it had", arguments: Samples.values)
  func values(_ value: Value) throws {
    let bytes = cbor { $0.value(value) }
    #expect(try CBORReader.decode(bytes) { (r) throws(RelayError) in try r.value() } == value)
    let row = RowID(table: 1, values: [value])
    #expect(try row.values() == [value])
  }

  @Test("two spellings of é are two values")
  func spellings() {
    #expect(Value.text("\u{E9}") != Value.text("e\u{301}"))
    #expect(Value.real(0) != Value.real(-0.0))
    #expect(Value.integer(1) != Value.real(1))
  }

  @Test("random doubles and integers take the shortest form that holds them")
  func numbers() throws {
    var random = SplitMix(state: 11)
    for _ in 0..<20_000 {
      let bits = random.next() >> UInt64.random(in: 0..<64, using: &random)
      let real = Double(bitPattern: random.next())
      let single = Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
      for value in [
        Value.integer(Int64(bitPattern: bits)), .integer(~Int64(bitPattern: bits)), .real(real), .real(single),
      ] {
        if case .real(let x) = value, x.isNaN { continue }
        let bytes = cbor { $0.value(value) }
        #expect(try CBORReader.decode(bytes) { (r) throws(RelayError) in try r.value() } == value)
      }
    }
  }

  @Test("a rule that only a newer hub knows is read as a malformed transaction, its message kept")
  func newerRule() throws {
    var response = SyncResponse(epoch: .zero, time: 0, verdicts: [Samples.verdicts[2]])
    let known = Array(RefusalRule.columnNotWritable.rawValue.utf8)
    var bytes = response.encoded()
    let at = try #require(bytes.indices.first { bytes[$0...].starts(with: known) })
    bytes[at] = UInt8(ascii: "z")
    response.verdicts[0].refusal?.rule = .malformed
    #expect(try SyncResponse(decoding: bytes) == response)
  }
}
