// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "relay",
  products: [
    .library(name: "Relay", targets: ["Relay"]),
    .library(name: "RelayCurl", targets: ["RelayCurl"]),
    .library(name: "RelayProtocol", targets: ["RelayProtocol"]),
    .library(name: "RelayHub", targets: ["RelayHub"]),
    .library(name: "RelaySimulation", targets: ["RelaySimulation"]),
    .executable(name: "relay-server", targets: ["relay-server"]),
    .executable(name: "relay-client", targets: ["relay-client"]),
    .executable(name: "relay-bench", targets: ["relay-bench"]),
    .executable(name: "relay-sim", targets: ["relay-sim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // What the system brings: headers and a link line, with C wrappers for variadic functions only.
    .systemLibrary(
      name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
      name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CPostgres", path: "Sources/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // The language that both sides speak.
    .target(
      name: "RelayProtocol",
      dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      path: "Protocol/RelayProtocol"),

    // What device and hub share: a typed layer over SQLite, and the merge, which is pure.
    .target(name: "RelaySQLite", dependencies: ["RelayProtocol", "CSQLite"]),
    .target(name: "RelayMerge", dependencies: ["RelayProtocol"]),

    // What an app embeds.
    .target(name: "Relay", dependencies: ["RelayProtocol", "RelaySQLite", "RelayMerge"]),
    .target(name: "RelayGzip", dependencies: ["RelayProtocol", "CZlib"]),
    .target(name: "RelayCurl", dependencies: ["Relay", "RelayGzip", "CCurl"]),

    // The hub.
    .target(
      name: "RelayHub",
      dependencies: [
        "RelayProtocol", "RelaySQLite", "RelayMerge", .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(
      name: "RelayHubPostgres", dependencies: ["RelayHub", "RelayMerge", "RelayProtocol", "CPostgres"]),
    .executableTarget(
      name: "relay-server",
      dependencies: [
        "RelayHub", "RelayHubPostgres", "RelayGzip", "RelayMerge", "RelayProtocol",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]),

    // Both sides on a disk, a network and a clock that follow from a seed; apps test their own schema with it.
    .target(
      name: "RelaySimulation",
      dependencies: ["Relay", "RelayHub", "RelayMerge", "RelaySQLite", "RelayProtocol", "CSQLite"]),
    .executableTarget(
      name: "relay-sim",
      dependencies: [
        "RelayProtocol", "RelaySimulation", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // The reference app.
    .target(
      name: "Organisation", dependencies: ["Relay", .product(name: "Crypto", package: "swift-crypto")],
      path: "SampleClient/Organisation",
      resources: [.embedInCode("Resources")]),
    .executableTarget(
      name: "relay-client",
      dependencies: [
        "Organisation", "Relay", "RelayCurl",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "SampleClient/relay-client"),

    .executableTarget(
      name: "relay-bench",
      dependencies: [
        "CSQLite", "Relay", "RelayCurl", "RelayHub", "RelayHubPostgres", "RelayGzip", "RelayMerge", "RelaySQLite",
        "RelayProtocol",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .testTarget(name: "RelayProtocolTests", dependencies: ["RelayProtocol", "RelaySimulation"]),
    .testTarget(name: "RelayGzipTests", dependencies: ["RelayGzip", "RelayProtocol"]),
    .testTarget(
      name: "RelayTests",
      dependencies: ["CSQLite", "Relay", "RelayMerge", "RelaySQLite", "RelaySimulation", "TestSupport"]),
    // One fleet, one clock, one folder for all tests; a hub of tests is in files, or in PostgreSQL.
    .target(
      name: "TestSupport",
      dependencies: ["Relay", "RelayHub", "RelayHubPostgres", "RelayMerge", "RelayProtocol", "RelaySQLite"],
      path: "Tests/TestSupport"),
    .testTarget(
      name: "RelayHubTests",
      dependencies: [
        "Relay", "RelayHub", "RelayHubPostgres", "RelayMerge", "RelaySQLite", "RelaySimulation", "TestSupport",
      ]),
    .testTarget(
      name: "SimulationTests", dependencies: ["RelaySimulation", "Relay", "RelaySQLite", "RelayProtocol"],
      exclude: ["Stories"]),
    // Vectors of Protocol/conformance, for the tests that play them.
    .target(
      name: "ConformanceVectors", dependencies: ["Relay", "RelayGzip", "RelayMerge", "RelaySQLite"],
      path: "Tests/ConformanceVectors"),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "ConformanceVectors", "Relay", "RelayHub", "RelayHubPostgres", "RelayMerge", "RelaySimulation", "RelaySQLite",
        "TestSupport",
      ]),
    // A year of the sample organisation: `make year` runs it whole, a test a corner of it.
    .target(
      name: "OrganisationYear",
      dependencies: [
        "Organisation", "Relay", "RelayHub", "RelayHubPostgres", "RelayMerge", "RelayProtocol", "TestSupport",
      ],
      path: "Tests/OrganisationYear"),
    .executableTarget(name: "organisation-year", dependencies: ["OrganisationYear"], path: "Tests/OrganisationYearRun"),
    .testTarget(
      name: "OrganisationTests",
      dependencies: [
        "Organisation", "OrganisationYear", "Relay", "RelayHub", "RelayMerge", "RelaySQLite", "TestSupport",
      ]),
    // Readers of bytes from outside, for fuzzers, and a test that reads again what they found.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Relay", "RelayCurl", "RelayGzip", "RelayHub", "RelayMerge", "RelayProtocol", "RelaySQLite", "TestSupport",
      ],
      path: "Tests/Fuzz/Targets"),
    .testTarget(name: "FuzzCorpusTests", dependencies: ["FuzzTargets"]),
    .executableTarget(name: "writer", dependencies: ["Relay"], path: "Tests/Writer"),
    .executableTarget(name: "race", dependencies: ["Relay", "RelayCurl"], path: "Tests/Race"),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "CCurl", "ConformanceVectors", "Relay", "RelayCurl", "RelayMerge", "RelaySimulation", "RelaySQLite",
        "relay-server",
        "relay-client",
        "writer",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// libFuzzer brings the main function; an ordinary build has none for it (`make fuzz`).
if Context.environment["RELAY_LIBFUZZER"] != nil {
  // gold, the usual linker, ends with an error of its own over so much that is instrumented.
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Main",
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]))
}

// The same rules for every target of ours; a warning is an error where RELAY_STRICT is set (CI, make).
for target in package.targets where target.type != .system {
  var settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
  if Context.environment["RELAY_STRICT"] != nil { settings.append(.treatAllWarnings(as: .error)) }
  target.swiftSettings = (target.swiftSettings ?? []) + settings
}
