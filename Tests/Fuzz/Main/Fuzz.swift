internal import Foundation
internal import FuzzTargets

/// Gives one input after the other to the reader that RELAY_FUZZ_TARGET names; RELAY_FUZZ_SEEDS is a folder for inputs of its own.
@main
struct Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(
      runDriver(&count, &arguments) { bytes, count in
        reader.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
      })
  }
}

/// libFuzzer as a library (compiler-rt, lib/fuzzer/FuzzerDriver.cpp).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Only touched by the one thread that libFuzzer has.
nonisolated(unsafe) private let reader: any FuzzReader = {
  let environment = ProcessInfo.processInfo.environment
  guard let target = FuzzTarget(rawValue: environment["RELAY_FUZZ_TARGET"] ?? "") else {
    fatalError("RELAY_FUZZ_TARGET is one of \(FuzzTarget.allCases.map(\.rawValue))")
  }
  do {
    if let folder = environment["RELAY_FUZZ_SEEDS"] {
      for (number, seed) in try target.seeds().enumerated() {
        try Data(seed).write(to: URL(filePath: folder).appending(path: "own-\(number)"))
      }
    }
    return try target.reader()
  } catch { fatalError("\(error)") }
}()
