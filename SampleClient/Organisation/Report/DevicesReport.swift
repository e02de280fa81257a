internal import Relay

/// R14: which devices were heard of, and what waits there.
enum DevicesReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    var page = try DeviceDesk.list(look)
    let rows = page.grids[0].rows
    page.tell("devices_count", "devices", "设备", .number(rows.count))
    page.tell("unsent", "unsent", "未发送", .number(rows.reduce(0) { $0 + $1[5].magnitude }))
    page.tell("red", "silent over 14 days", "超过14天未同步", .number(rows.count { $0[4].magnitude > 14 }))
    return page
  }
}
