/// Failures in Chinese by their code; what they say stands in the table of sentences.
package enum FailureWords {
  /// The code itself in English.
  package static func said(_ code: String) -> String {
    Language.spoken == .zh ? chinese[code].map { "\($0)（\(code)）" } ?? code : code
  }

  /// By the code; the English message follows it with the particulars.
  package static let chinese: [String: String] = [
    "usage": "用法不对", "not_found": "没有找到", "value_not_allowed": "内容不符合要求", "role_forbids": "没有权限",
    "file_missing": "文件不存在", "read_only": "文件不可写", "disk_full": "磁盘已满", "io_error": "读写失败", "corrupt": "文件已损坏",
    "not_enrolled": "尚未接入中心", "hub_unreachable": "无法连接中心", "revoked": "本设备已被停用", "deadline": "超时未完成",
    "busy": "文件正被占用", "constraint": "违反数据规则", "not_allowed": "不允许", "hub_overloaded": "中心繁忙，请稍后",
    "entry_unknown": "没有这一项", "row_unknown": "没有这一行", "sql": "语句有误",
    "not_a_database": "不是数据库文件", "not_attached": "不是本程序的数据文件", "wrong_organisation": "属于另一组织",
    "already_enrolled": "已接入中心", "code_invalid": "代码无效", "unauthorized": "凭证无效", "hub_name_unknown": "找不到中心",
    "connection_refused": "中心没有服务", "connection_lost": "连接中断", "hub_silent": "中心没有应答",
    "certificate_untrusted": "证书不可信", "certificate_expired": "证书已过期", "sign_in_page": "网络要求登录",
    "proxy_password": "代理要求密码", "request_too_large": "请求过大", "no_progress": "没有进展", "slow_down": "请稍候",
    "hub_failed": "中心故障", "wrong_answer": "应答有误", "hub_rolled_back": "中心丢失历史", "replica_forked": "文件有副本在写",
    "wrong_hub": "不是本组织的中心", "cancelled": "已取消", "transaction_too_large": "一次写入过多", "moment_void": "内容已变",
    "schema_invalid": "架构文件有误", "schema_mismatch": "架构不一致", "schema_too_old": "程序过旧", "schema_too_new": "中心过旧",
    "file_replaced": "文件已被替换", "damaged_work": "未发送内容损坏", "limit_exceeded": "超过限制", "malformed_message": "消息有误",
    "unsupported_version": "版本不支持", "page_void": "接收重新开始", "out_of_order": "次序不对", "invariant": "程序缺陷",
    "store_unreachable": "中心数据库无法连接",
    "nested_call": "嵌套调用", "plain_http": "连接未加密",
  ]
}
