import ArgumentParser
import Foundation
import RelayProtocol
import RelaySimulation

struct MutantsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutants",
    abstract: "Breaks one rule after the other, and looks which seed notices. Needs a build with -D MUTATIONS.")

  @Option(help: "Seeds that a broken rule has to be noticed in, as A..B, instead of those that are stated for each.")
  var seeds: SeedRange?
  @Option(help: "Only these, by name.")
  var only: String?
  @Flag(help: "Also those that the simulator need not notice; as a rule all of their seeds run for nothing.")
  var all = false
  @Flag(help: "Only tell the names of those that a test has to notice, because the simulator need not.")
  var unseen = false

  func run() throws {
    if unseen { return print(Mutants.unseen.keys.sorted().joined(separator: " ")) }
    guard Mutation.canBePlanted else {
      print("In this build no rule can be broken: make mutants")
      throw ExitCode(2)
    }
    let every = Mutation.allCases.map(\.rawValue).filter { all || Mutants.unseen[$0] == nil }
    let names = only?.split(separator: ",").map(String.init) ?? every
    // First everything has to hold with no rule broken at all.
    for command in Set(names.map(Self.command)).sorted() {
      let sound = try outcome(of: "", command)
      guard sound.status == 0 else {
        print("with no rule broken: \(sound.output)")
        throw ExitCode(2)
      }
    }
    var (noticed, survivors) = (0, [String]())
    for name in names {
      let (status, output) = try outcome(of: name, Self.command(name))
      let reason = Mutants.unseen[name]
      if status != 0 { noticed += 1 } else if reason == nil { survivors.append(name) }
      print("\(name): \(status != 0 ? output : "not noticed" + (reason.map { ", because \($0)" } ?? ""))")
    }
    print("\(noticed) of \(names.count) noticed; not noticed, without a reason that is known: \(survivors)")
    if !survivors.isEmpty { throw ExitCode(1) }
  }

  private static func command(_ name: String) -> String { Mutants.ofRestores.contains(name) ? "restores" : "run" }

  /// Runs the seeds in a process of their own, with one rule broken.
  private func outcome(of name: String, _ command: String) throws -> (status: Int32, output: String) {
    let most = command == "restores" ? Mutants.seedsOfRestores : Mutants.rare[name] ?? Mutants.seeds
    let range = seeds?.range ?? 1...most
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [command, "--seeds", "\(range.lowerBound)..\(range.upperBound)"]
    if command == "restores" { process.arguments?.append("--first") }
    process.environment = ProcessInfo.processInfo.environment.merging(["RELAY_MUTATION": name]) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let first = String(decoding: data, as: UTF8.self).split(separator: "\n").first.map { String($0.prefix(160)) } ?? ""
    return (process.terminationStatus, first)
  }
}
