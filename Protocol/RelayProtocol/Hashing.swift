internal import Crypto

/// SHA-256 (FIPS 180-4), by swift-crypto.
public func sha256(_ parts: [UInt8]...) -> [UInt8] {
  var hasher = SHA256()
  for part in parts { part.withUnsafeBytes { hasher.update(bufferPointer: $0) } }
  return Array(hasher.finalize())
}

/// The first 128 bits of SHA-256.
public func hash128(_ parts: [UInt8]...) -> Hash128 {
  var hasher = SHA256()
  for part in parts { part.withUnsafeBytes { hasher.update(bufferPointer: $0) } }
  return Hash128(bytes: Array(hasher.finalize()).prefix(16))!
}
