public import RelayProtocol

/// Functions that an app registers to settle concurrent values by itself, under versioned names that the sync schema
/// uses: `"policy": "resolver", "resolver": "lines/1"`.
///
/// A resolver is a pure function of the concurrent values: the same values give the same result everywhere and always,
/// so it reads no clock, no table, no setting. It runs at the hub, whose result travels as data; on a device only for
/// what the device shows before the hub has judged, and a device that lacks the function shows the latest value until
/// then. Whoever changes what a function does gives it a new name.
public struct Resolvers: Sendable {
  /// - Parameter candidates: two or more, ascending by (time, dot).
  /// - Returns: one value a column of the group. What the schema does not allow there is not taken; the latest value is
  ///   shown instead.
  public typealias Function = @Sendable (_ candidates: [Candidate]) -> [Value]

  /// One of the values that nobody who wrote later had seen.
  public struct Candidate: Sendable, Equatable {
    /// By the group's columns.
    public var values: [Value]
    /// When it was written, as far as clocks can be trusted.
    public var time: HybridTime

    public init(values: [Value], time: HybridTime) {
      self.values = values
      self.time = time
    }
  }

  private var functions: [String: Function]

  /// The resolvers that Relay brings, and an app's own.
  public init(_ functions: [String: Function] = [:]) {
    self.functions = Resolvers.standard.merging(functions) { _, own in own }
  }

  subscript(name: String) -> Function? { functions[name] }

  private static let standard: [String: Function] = [
    // Every line of every text once, in the order in which they were written.
    "lines/1": { candidates in
      // Bytes, because Swift takes "\r\n" for one character, and two spellings of one text for equal.
      var lines: [[UInt8]] = []
      for text in candidates.compactMap(\.values.first?.text) {
        let cut = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for line in cut.map(Array.init) where !lines.contains(line) { lines.append(line) }
      }
      return [.text(String(decoding: Array(lines.joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self))]
    },
    // The longest text in bytes; of equally long ones the last in the order of bytes.
    "longest/1": { candidates in
      let texts = candidates.compactMap(\.values.first?.text)
      let longest = texts.max { a, b in
        a.utf8.count == b.utf8.count ? a.utf8.lexicographicallyPrecedes(b.utf8) : a.utf8.count < b.utf8.count
      }
      return [longest.map { .text($0) } ?? .null]
    },
  ]
}

extension SyncSchema {
  /// The hub's results are everybody's data, so a hub has every function that its schema names.
  ///
  /// - Throws: `schema_invalid`, naming the function and the column.
  package func checkResolvers() throws(RelayError) {
    for table in tables {
      for group in table.groups where group.resolver != nil && group.resolve == nil {
        throw .schema("\(table.name).\(group.name): this program has no resolver '\(group.resolver ?? "")'")
      }
    }
  }
}
