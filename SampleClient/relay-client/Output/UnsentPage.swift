internal import Organisation
internal import Relay

/// What a sync would send: rows by table and what is done to them.
enum UnsentPage {
  static func page(_ pending: PendingExport, _ time: LocalTime) -> Page {
    let waiting = pending.transactions.filter { $0.state == "pending" }
    var counts: [String: Int] = [:]
    for row in waiting.flatMap(\.rows) { counts[row.table, default: 0] += 1 }
    var grid = Page.Grid(
      "rows", ["table|table|表", "rows|rows|行数"], empty: Phrase("nothing is unsent", "没有未发送的内容"))
    for (table, count) in counts.sorted(by: { $0.key < $1.key }) {
      grid.add(.phrase(table, Phrase(table, Names.table(table))), .number(count))
    }
    var page = Page(Phrase("A sync would send", "同步将发送"))
    page.tell("changes", "changes", "项", .number(waiting.count))
    page.tell("oldest", "oldest", "最早", Cell(waiting.map(\.time).min().map(time.text)))
    page.grids = [grid]
    page.note("come", "What would come only the hub knows.", "将接收什么只有中心知道。")
    return page
  }
}
