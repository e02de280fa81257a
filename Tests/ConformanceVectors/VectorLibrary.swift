import Foundation
internal import Relay
import RelayGzip
package import RelayMerge

/// The vectors of Protocol/conformance, found beside these sources.
package enum VectorLibrary {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Protocol/conformance")

  /// The directed vectors, by file name.
  package static func directed() throws -> [Vector] {
    let files = try FileManager.default.contentsOfDirectory(
      at: folder.appending(path: "directed"), includingPropertiesForKeys: nil)
    return try files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }.map { file in
      do { return try Vector(try JSON(parsing: Array(try Data(contentsOf: file)))) } catch {
        throw JSONError(description: "\(file.lastPathComponent): \(error)")
      }
    }
  }

  /// The random vectors that are kept, a line each, unpacked.
  ///
  /// - Parameter kind: `random`, or `healing` for histories of copies and put-back hubs.
  package static func random(kind: String = "random") throws -> [[UInt8]] {
    let packed = try Data(contentsOf: folder.appending(path: kind + ".jsonl.gz"))
    return lines(try gunzip(Array(packed), most: 1 << 28))
  }

  /// More of them, made now by generate.py.
  ///
  /// - Parameter kind: `random`, or `healing` for histories of copies and put-back hubs.
  package static func random(seeds: Range<Int>, kind: String) throws -> [[UInt8]] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", folder.appending(path: "generate.py").path, kind, "\(seeds.lowerBound)", "\(seeds.upperBound)",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw JSONError(description: "generate.py failed") }
    return lines(Array(data))
  }

  private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
    bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
  }

  /// A sync schema file's bytes.
  package static func schema(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appending(path: "schemas/\(name).json")))
  }

  /// The tables that a sync schema speaks of, as an app might make them.
  package static func ddl(_ schema: SyncSchema) -> String {
    schema.tables.map { table in
      let columns = table.columns.map { column in
        let type = column.type == .any ? "" : " " + column.type.rawValue.uppercased()
        return "\(column.name)\(type)" + (column.isRequired ? " NOT NULL" : "")
          + (column.defaultValue.isNull ? "" : " DEFAULT \(column.defaultValue)")
      }
      let key = table.key.map { table.columns[$0].name }.joined(separator: ", ")
      return "CREATE TABLE \(table.name) (\(columns.joined(separator: ", ")), PRIMARY KEY (\(key)));"
    }.joined(separator: "\n")
  }
}
