internal import Relay
internal import RelayHub
internal import RelayProtocol

extension FlipTrial {
  func run(flips: Int) throws {
    for _ in 0..<flips {
      let (file, bit) = place(in: worker)
      do { try flipDevice(file, bit) } catch {
        throw Broken("bit \(bit) of the device's \(file): \(error)")
      }
      let (hubFile, hubBit) = place(in: hubFiles)
      do { try flipHub(hubFile, hubBit) } catch {
        throw Broken("bit \(hubBit) of the hub's \(hubFile): \(error)")
      }
    }
  }

  private func place(in files: DiskImage) -> (file: String, bit: Int) {
    let names = files.files.filter { !$0.value.isEmpty }.keys.sorted()
    let name = random.pick(names)
    return (name, random.int(0..<(files.files[name]?.count ?? 1) * 8))
  }

  // MARK: A device's file

  private func flipDevice(_ file: String, _ bit: Int) throws {
    let (hub, _) = try openHub(hubFiles)
    let node = Node("a", worker, clock, seed: random.next())
    node.disk.flip(file, bit: bit)
    let damaged = node.disk.image()
    var named: RelayError?
    do throws(RelayError) {
      try node.open(schema)
      try sync(node, hub)
      let shown = try tables(node)
      if shown != rowsAfter { named = try difference(node, shown) }
    } catch {
      named = error
    }
    guard node.sent.allSatisfy(unsent.contains) else { throw Broken("sent what nobody had sealed") }
    count("device: " + (named.map { "named \($0.code.rawValue)" } ?? "harmless"))
    node.replica = nil
    // In any case the file can be made anew, as it was found.
    try makeAnew(damaged, hub, hadSent: node.sent)
  }

  /// Rows of the app are SQLite's: what is not as the hub has it is said where somebody looks.
  private func difference(_ node: Node, _ shown: [String: [[Value]]]) throws(RelayError) -> RelayError? {
    let status = try node.replica?.status()
    if status?.mismatch.isEmpty == false { return RelayError(.corrupt, "told as a difference") }
    if status?.pending ?? 0 > 0 || status?.refused ?? 0 > 0 { return RelayError(.damagedWork, "told as waiting") }
    return RelayError(.sql, "shown until somebody verifies")
  }

  private func makeAnew(_ damaged: DiskImage, _ hub: RunningHub, hadSent: [[UInt8]]) throws {
    let node = Node("a", damaged, clock, seed: random.next())
    let replica = try node.open(schema, "/new.db")
    let rebuilt: Rebuilt
    do throws(RelayError) { rebuilt = try replica.rebuild(from: FileNode.path) } catch {
      // Not even the head of the file says that it is a database.
      guard error.code == .notADatabase else { throw error }
      return count("rebuild: named \(error.code.rawValue)")
    }
    guard rebuilt.isEnrolled else { return count("rebuild: needs a code") }
    do throws(RelayError) {
      try sync(node, hub)
      try sync(node, hub)
    } catch {
      // Whose it is, was damaged: nobody takes it for somebody else.
      guard [.wrongHub, .unauthorized, .revoked].contains(error.code) else { throw error }
      return count("rebuild: needs a code")
    }
    guard node.sent.allSatisfy(unsent.contains) else { throw Broken("made anew, it sent what nobody had sealed") }
    let (shown, status) = (try tables(node), try replica.status())
    let isWhole = rebuilt.unsent + rebuilt.lost.count >= unsent.count
    if shown == rowsAfter {
      return count(rebuilt.damage.isEmpty ? "rebuild: nothing was damaged" : "rebuild: all is there")
    }
    guard !rebuilt.damage.isEmpty, !rebuilt.lost.isEmpty || !isWhole else {
      throw Broken("made anew, it shows \(shown) instead of \(rowsAfter); \(rebuilt), \(status)")
    }
    guard status.pending == 0, status.mismatch.isEmpty else { throw Broken("made anew, \(status)") }
    try checkOnlyWritten(shown)
    count("rebuild: all but what is named as lost")
  }

  /// Whatever is missing, nothing is there that nobody wrote.
  private func checkOnlyWritten(_ shown: [String: [[Value]]]) throws {
    for (table, right) in rowsAfter {
      let keys = Set(right.compactMap { $0[0].text })
      for row in shown[table] ?? [] where !keys.contains(row[0].text ?? "") {
        throw Broken("made anew, it shows \(row), which nobody wrote")
      }
    }
  }

  // MARK: The hub's file

  private func flipHub(_ file: String, _ bit: Int) throws {
    let node = Node("c", newcomer, clock, seed: random.next())
    let name: String
    do {
      let (hub, _) = try openHub(hubFiles) { $0.flip(file, bit: bit) }
      try node.open(schema)
      try sync(node, hub)
      let shown = try tables(node)
      if shown == rows {
        name = "harmless"
      } else if try node.replica?.status().mismatch.isEmpty == false {
        name = "told as a difference"
      } else {
        throw Broken("served as if it were right: \(shown) instead of \(rows)")
      }
    } catch let error as RelayError {
      name = "named \(error.code.rawValue)"
    }
    count("hub: " + name)
  }
}
