internal import Crypto

/// SHA-256 (FIPS 180-4), by swift-crypto.
public func sha256(_ parts: [UInt8]...) -> [UInt8] {
  var hasher = SHA256()
  for part in parts { part.withUnsafeBytes { hasher.update(bufferPointer: $0) } }
  return hasher.finalize().withUnsafeBytes { Array($0) }
}

/// The first 128 bits of SHA-256.
public func hash128(_ parts: [UInt8]...) -> Hash128 {
  var hasher = SHA256()
  for part in parts { part.withUnsafeBytes { hasher.update(bufferPointer: $0) } }
  return hasher.hash128()
}

/// The same of hashes in a row and what follows them, as every link of a chain is made.
package func hash128(_ hashes: Hash128..., then bytes: [UInt8]) -> Hash128 {
  var hasher = SHA256()
  for hash in hashes { hash.withUnsafeBytes { hasher.update(bufferPointer: $0) } }
  bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
  return hasher.hash128()
}

extension SHA256 {
  fileprivate func hash128() -> Hash128 {
    finalize().withUnsafeBytes { digest in
      func half(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      return Hash128(high: half(0), low: half(8))
    }
  }
}
