/// What a device may do in a scope.
public struct ScopeGrant: Hashable, Sendable {
  public var scope: String
  public var readable: Bool
  public var writable: Bool

  public init(scope: String, readable: Bool = true, writable: Bool = true) {
    self.scope = scope
    self.readable = readable
    self.writable = writable
  }

  /// The scope that holds every row.
  public static let everything = "*"
}

extension CBORWriter {
  mutating func grants(_ grants: [ScopeGrant]) {
    array(grants.count)
    for grant in grants {
      array(2)
      textString(grant.scope)
      unsigned((grant.readable ? 1 : 0) | (grant.writable ? 2 : 0))
    }
  }
}

extension CBORReader {
  /// Ascending by the bytes of their scopes.
  mutating func grants() throws(RelayError) -> [ScopeGrant] {
    var grants: [ScopeGrant] = []
    for _ in 0..<(try array(most: Limits.scopes)) {
      try array(exactly: 2)
      let scope = try scopeName()
      if let last = grants.last, !last.scope.utf8.lexicographicallyPrecedes(scope.utf8) {
        throw malformed("grants out of order")
      }
      let rights = try unsigned(most: 3)
      grants.append(ScopeGrant(scope: scope, readable: rights & 1 != 0, writable: rights & 2 != 0))
    }
    return grants
  }
}
