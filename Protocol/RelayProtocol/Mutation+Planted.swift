#if MUTATIONS
  internal import Glibc
  internal import Synchronization

  extension Mutation {
    /// What `RELAY_MUTATION` names; nothing where it is empty.
    static let planted: Mutation? = {
      guard let name = getenv("RELAY_MUTATION").map({ String(cString: $0) }), !name.isEmpty else { return nil }
      guard let mutation = Mutation(rawValue: name) else { fatalError("there is no mutation '\(name)'") }
      return mutation
    }()

    package static let memory = Memory()

    /// What a hub must not remember, for the mutations in which it does.
    package final class Memory: Sendable {
      private let sentScopes = Mutex<[String: Set<String>]>([:])
      private let firstHeads = Mutex<[String: UInt64]>([:])

      package func sent(_ who: String) -> Set<String> { sentScopes.withLock { $0[who] ?? [] } }
      package func note(_ who: String, _ scopes: Set<String>) { sentScopes.withLock { $0[who] = scopes } }
      package func begin(_ who: String, _ head: UInt64) { firstHeads.withLock { $0[who] = head } }
      package func first(_ who: String, _ head: UInt64) -> UInt64 { firstHeads.withLock { $0[who] ?? head } }
    }
  }
#endif
