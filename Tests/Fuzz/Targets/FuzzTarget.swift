internal import RelayProtocol

/// Readers of bytes that come from outside, each as one function that a fuzzer calls with whatever it likes: an input is read,
/// or refused with an error of Relay. Anything else ends the program, and the input is a find.
///
/// `make fuzz` runs them under libFuzzer; `FuzzCorpusTests` feeds them what was found before, in every run of the tests.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// Every message of the protocol; the first byte says which.
  case message
  /// The bytes of a sealed transaction, as if their hash fitted.
  case transaction
  /// A sync schema file.
  case schema
  /// A packed body.
  case gzip
  /// The headers that matter to a client, and a hub's address.
  case headers
  /// A request at a hub, as if its device, history and replica fitted.
  case request
  /// An answer at a device, as if it belonged to the request.
  case answer
  /// A replica's file of which bytes were changed.
  case file

  /// - Returns: a reader that keeps what it needs from one input to the next, and does not depend on what it read before.
  package func reader() throws -> any FuzzReader {
    switch self {
    case .message: MessageReader()
    case .transaction: TransactionReader()
    case .schema: SchemaReader()
    case .gzip: GzipReader()
    case .headers: HeaderReader()
    case .request: try RequestReader()
    case .answer: try AnswerReader()
    case .file: try FileReader()
    }
  }
}

extension FuzzTarget {
  /// Inputs of which a fuzzer makes others, where they follow from a fleet and not from the golden vectors.
  package func seeds() throws -> [[UInt8]] {
    switch self {
    case .request: try Party().exchanges().map(\.request)
    case .answer: try Party().exchanges().map(\.answer)
    default: []
    }
  }
}

package protocol FuzzReader: AnyObject {
  /// - Throws: what the input is refused with.
  func read(_ bytes: [UInt8]) throws
}

extension FuzzReader {
  /// One input; what is no error of Relay is a find.
  package func feed(_ bytes: [UInt8]) {
    do {
      try read(bytes)
    } catch let error as RelayError {
      expect(error.code != .invariant, "\(error)")
    } catch {
      expect(false, "\(error)")
    }
  }
}

/// A condition that ends the program where it does not hold, in every build.
func expect(_ condition: Bool, _ what: @autoclosure () -> String) {
  if !condition { fatalError(what()) }
}
