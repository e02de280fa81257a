/// What the program says in Chinese beside the English texts of its parts: failures by their code, commands by their name.
enum ChineseWords {
  /// By the code; the English message follows it with the particulars.
  static let failures: [String: String] = [
    "usage": "用法不对", "not_found": "没有找到", "value_not_allowed": "内容不符合要求", "role_forbids": "没有权限",
    "file_missing": "文件不存在", "read_only": "文件不可写", "disk_full": "磁盘已满", "io_error": "读写失败", "corrupt": "文件已损坏",
    "not_enrolled": "尚未接入中心", "hub_unreachable": "无法连接中心", "revoked": "本设备已被停用", "deadline": "超时未完成",
    "busy": "文件正被占用", "constraint": "违反数据规则", "not_allowed": "不允许", "hub_overloaded": "中心繁忙，请稍后",
  ]

  static let commands: [(name: String, what: String)] = [
    ("status", "是否已发送、是否最新、有何待办"), ("sync", "发送和接收"), ("inbox", "待处理：冲突、退回、暂存和通知"), ("conflict", "冲突"),
    ("held", "暂存和被退回的内容"), ("member", "党员名册和党员卡片"), ("declare", "党员申报"), ("contact", "联系记录"), ("sweep", "摸排"),
    ("dues", "党费"), ("activity", "活动"), ("attend", "签到"), ("points", "积分"), ("appraise", "民主评议"), ("notice", "通知"),
    ("say", "意见建议、提名、互助"), ("transfer", "组织关系接转"), ("admit", "预备党员转正"), ("abroad", "出国（境）：保留、停止、恢复党籍"),
    ("resign", "退党"), ("assistance", "帮扶（help ask）"), ("budget", "经费预算"), ("request", "各类申请：待谁办理"), ("ledger", "工作台账"),
    ("report", "报告R1至R14"), ("export", "导出名册、党员信息、未发送内容"), ("history", "修改历史"), ("undelete", "恢复已删除"),
    ("verify", "与中心核对"), ("device", "设备"), ("lock", "锁定本设备"), ("enroll", "接入中心"), ("unit", "党委、总支、支部"),
    ("officer", "干部"), ("policy", "政策参数"), ("branch", "支部检查"), ("office", "党委办公室"), ("organisation", "示例组织"),
  ]

  /// The overview that stands before the English help.
  static var overview: String {
    let width = commands.map(\.name.count).max() ?? 0
    let lines = commands.map { "  " + $0.name + String(repeating: " ", count: width + 2 - $0.name.count) + $0.what }
    return """
      用法：relay-client [--replica 文件] 命令 …
      除 enroll、sync、verify 外均可离线使用。RELAY_REPLICA 可代替 --replica，RELAY_AS 可代替 --as。
      退出码：0 完成，1 失败，2 用法不对，4 无法连接中心，5 本设备已被停用。

      命令：
      \(lines.joined(separator: "\n"))
      """
  }
}
