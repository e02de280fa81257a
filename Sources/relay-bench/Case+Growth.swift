internal import Foundation
internal import Relay
internal import RelayHub
internal import RelayProtocol

/// What a hub's work costs while its store grows from ten thousand rows to `--rows`.
extension Case {
  static func whileItGrows(_ measure: Measure) -> [Case] {
    let name = "hub, growing to \(measure.rows) rows"
    return [
      Case(name: name) {
        let sizes = [10_000, 100_000, 1_000_000, 10_000_000].filter { $0 < measure.rows } + [measure.rows]
        let folder = measure.file()
        // The first writes, the second holds what there is, the third what nobody writes to.
        let desk = try Desk(folder, devices: 3)
        var (count, costs) = (0, [Costs]())
        for size in sizes {
          for bytes in desk.inserts(size, each: 10_000, from: count) { try desk.push([bytes]) }
          count = size
          costs.append(try Costs(desk, folder + "/hub.db", rows: size, measure))
        }
        return zip(sizes, costs).flatMap { size, cost in cost.figures("\(name): at \(size)") }
          + [
            Figure("\(name): a push, last beside first", .times, costs.last!.push / costs[0].push, .atMost(2)),
            Figure("\(name): a pull, last beside first", .times, costs.last!.pull / costs[0].pull, .atMost(2)),
            Figure("\(name): nothing new, last beside first", .times, costs.last!.quiet / costs[0].quiet, .atMost(2)),
          ]
      }
    ]
  }

  /// CPU seconds of one push of one row, of a pull that brings one, and of one that brings none; bytes of the file.
  private struct Costs {
    var push = Double.infinity
    var pull = Double.infinity
    var quiet = Double.infinity
    var bytesOfRow = 0.0

    init(_ desk: Desk, _ file: String, rows: Int, _ measure: Measure) throws {
      let many = 100
      for _ in 0..<measure.rounds {
        let seen = try desk.reader.head()
        let pushes = (0..<many).map { _ in desk.edit(Int.random(in: 0..<rows), base: seen) }
        push = min(push, try measure.cpu { for bytes in pushes { try desk.commit([bytes]) } } / Double(many))
        let head = try desk.reader.head()
        let (behind, abreast) = (try desk.request(1, base: head - 1), try desk.request(1, base: head))
        pull = min(pull, try measure.cpu { for _ in 0..<many { _ = try desk.page(1, behind) } } / Double(many))
        quiet = min(quiet, try measure.cpu { for _ in 0..<many { _ = try desk.page(1, abreast) } } / Double(many))
      }
      try desk.checkpoint()
      let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
      bytesOfRow = Double(size) / Double(rows)
    }

    func figures(_ name: String) -> [Figure] {
      [
        Figure("\(name): a push of one row", .microseconds, push * 1e6, nil),
        Figure("\(name): a pull of one row", .microseconds, pull * 1e6, nil),
        Figure("\(name): a pull of nothing", .microseconds, quiet * 1e6, nil),
        Figure("\(name): the file, bytes a row", .bytes, bytesOfRow, nil),
      ]
    }
  }
}
