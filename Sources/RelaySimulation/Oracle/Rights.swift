/// What the office gave a device.
package struct Rights: Sendable, Equatable {
  package var role: String
  /// The scopes that it reads.
  package var scopes: [String]
  /// Of these, the ones that it may also write.
  package var writable: [String]

  /// - Parameter writable: nil for all of them.
  package init(role: String, scopes: [String], writable: [String]? = nil) {
    (self.role, self.scopes, self.writable) = (role, scopes, writable ?? scopes)
  }
}
