/// Codes of the tables as people say them; the Chinese ones are the survey's own words.
package enum Words {
  /// - Parameter area: tells apart codes that mean different things in two tables, such as a visit.
  package static func of(_ code: String, in area: String = "", _ language: Language) -> String {
    guard let pair = pairs[area + "." + code] ?? pairs[code] else { return code }
    return language.choose(pair.en, pair.zh)
  }

  private static let pairs: [String: (en: String, zh: String)] = [
    // member
    "active": ("active", "正常"), "kept_abroad": ("kept while abroad", "保留党籍"),
    "suspended": ("suspended", "停止党籍"), "resigned": ("resigned", "退党"), "removed": ("removed", "除名"),
    "transferred_out": ("transferred out", "已转出"), "deceased": ("deceased", "去世"),
    "ok": ("reached", "联系正常"), "at_risk": ("at risk", "濒临失联"), "lost": ("lost", "失联"),
    "unknown": ("not known", "不详"), "full": ("full", "正式"), "probationary": ("probationary", "预备"),
    // contact
    "mobile": ("mobile", "手机"), "phone": ("phone", "电话"), "chat": ("chat", "微信"), "email": ("e-mail", "邮箱"),
    "address": ("address", "地址"), "kin": ("kin", "亲属"), "visit": ("visit", "上门寻访"),
    "through_person": ("through a person", "人际查找"), "counter": ("counter", "柜台"),
    "reached": ("reached", "已联系上"), "left_message": ("left message", "已留言"), "no_answer": ("no answer", "无人接听"),
    "wrong_number": ("wrong number", "号码错误"), "moved": ("moved away", "据称迁走"),
    "said_abroad": ("said to be abroad", "据称出国"), "refused": ("refused", "拒绝"),
    // dues
    "payment": ("payment", "交纳"), "waiver": ("waiver", "减免"), "reversal": ("reversal", "冲销"),
    "adjustment": ("adjustment", "调整"), "cash": ("cash", "现金"), "transfer": ("transfer", "转账"),
    "online": ("online", "线上"),
    // activity
    "meeting": ("meeting", "会议"), "lecture": ("lecture", "党课"), "course": ("course", "培训班"),
    "film": ("film", "教育电影"), "activity.visit": ("visit", "参观学习"), "themed_day": ("themed day", "主题党日"),
    "organisation_life": ("organisation life", "组织生活会"), "online_study": ("online study", "线上学习"),
    "volunteer": ("volunteering", "志愿服务"), "other": ("other", "其他"), "planned": ("planned", "计划"),
    "held": ("held", "已举办"), "cancelled": ("cancelled", "取消"), "present": ("present", "到场"),
    "excused": ("excused", "请假"), "absent": ("absent", "缺席"),
    // requests
    "draft": ("draft", "草稿"), "open": ("open", "已提出"), "released": ("released", "已转出支部同意"),
    "accepted": ("accepted", "接收支部同意"), "approved": ("approved", "党委批准"), "withdrawn": ("withdrawn", "撤回"),
    "expired": ("expired", "过期"), "done": ("done", "办结"), "transfer_internal": ("transfer between branches", "支部间转接"),
    "transfer_in": ("transfer in", "转入"), "transfer_out": ("transfer out", "转出"),
    "keep_membership": ("keep membership", "保留党籍"), "suspend_membership": ("suspend membership", "停止党籍"),
    "restore_membership": ("restore membership", "恢复党籍"), "resign": ("resignation", "退党"),
    "admit": ("admission", "发展"), "budget_training": ("training budget", "培训项目支出预算"),
    "budget_activity": ("activity budget", "活动支出预算"), "assistance": ("assistance", "帮扶"),
  ]
}
