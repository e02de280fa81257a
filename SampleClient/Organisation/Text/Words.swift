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
    "occupation.engineer": ("engineer", "工程师"), "occupation.teacher": ("teacher", "教师"),
    "occupation.sales": ("sales", "销售"), "occupation.accounts": ("accounts", "会计"),
    "occupation.design": ("design", "设计"), "occupation.driver": ("driver", "司机"),
    "occupation.own business": ("own business", "自营"), "occupation.none": ("none", "无"),
    "source.self": ("own word", "本人"), "source.officer": ("officer", "干部"), "source.third_party": ("others", "他人"),
    "source.import": ("brought along", "导入"), "purpose.sweep": ("sweep", "摸排"), "purpose.notice": ("notice", "通知"),
    "purpose.dues": ("dues", "党费"), "purpose.assistance": ("assistance", "帮扶"),
    "purpose.transfer": ("transfer", "转接"), "purpose.other": ("other", "其他"),
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
    // levels, roles, officers
    "committee": ("committee", "党委"), "regional": ("region", "总支"), "branch": ("branch", "支部"),
    "direct": ("direct", "直属"), "enterprise": ("enterprise", "企业"), "themed": ("themed", "特色"),
    "secretary": ("secretary", "书记"), "deputy": ("deputy", "副书记"), "branch_committee": ("branch officer", "支部委员"),
    "regional_lead": ("regional lead", "总支书记"), "committee_member": ("committee member", "党委委员"),
    "staff": ("staff", "工作人员"), "adviser": ("assistant", "协管员"), "m": ("m", "男"), "f": ("f", "女"),
    "member.below": ("below junior college", "专科以下"), "member.junior_college": ("junior college", "专科"),
    "member.bachelor": ("bachelor", "本科"), "member.postgraduate": ("postgraduate", "研究生"),
    "officer.upper_secondary": ("upper secondary", "高中"), "officer.secondary_vocational": ("vocational", "中专"),
    "officer.junior_college": ("junior college", "专科"), "officer.bachelor": ("bachelor", "本科"),
    "officer.master": ("master", "硕士"), "mode.onsite": ("on site", "现场"), "mode.online": ("online", "线上"),
    "mode.mixed": ("on site and online", "线上线下结合"), "sweep.open": ("open", "进行中"), "sweep.closed": ("closed", "已结束"),
    // steps
    "step.open": ("opened", "提出"), "step.release": ("released", "同意转出"), "step.accept": ("accepted", "同意接收"),
    "step.approve": ("approved", "批准"), "step.refuse": ("refused", "拒绝"), "step.withdraw": ("withdrawn", "撤回"),
    "step.comment": ("remark", "说明"), "step.reopen": ("opened again", "重新提出"), "step.complete": ("completed", "办结"),
    "refusal.retired_only": ("only retired members", "只接收退休党员"),
    "refusal.file_elsewhere": ("the file is elsewhere", "档案不在本地"),
    "refusal.residence_elsewhere": ("lives elsewhere", "居住地不在本地"), "refusal.other": ("other", "其他"),
    // what members say
    "topic.residence": ("residence", "居住地"), "topic.employment": ("employment", "就业"),
    "topic.contact": ("contact", "联系方式"),
    "topic.income_base": ("income base", "收入基数"), "topic.going_abroad": ("going abroad", "出国（境）"),
    "topic.returned": ("returned", "回国"), "topic.retired": ("retired", "退休"),
    "topic.data_request": ("own data", "个人信息"),
    "topic.other": ("other", "其他"), "by.self": ("own word", "本人"), "by.officer": ("officer", "干部"),
    "by.third_party": ("others", "他人"), "voice.problem": ("problem", "问题"), "voice.suggestion": ("suggestion", "建议"),
    "voice.nomination": ("nomination", "提名"), "voice.offer_help": ("offer of help", "提供帮助"),
    "voice.seek_help": ("need of help", "寻求帮助"), "voice.open": ("open", "待处理"), "voice.passed_up": ("passed up", "已上报"),
    "voice.answered": ("answered", "已答复"), "voice.closed": ("closed", "已办结"), "closed": ("closed", "已结束"),
    "need.visit": ("visit", "走访慰问"), "need.advice": ("advice", "政策咨询"), "need.job": ("job", "就业"),
    "need.housing": ("housing", "住房"), "need.medical": ("medical", "医疗"), "need.other": ("other", "其他"),
    // sweeps, notices, points, appraisal, plans, work
    "target.all": ("everybody", "全体"), "target.lost": ("lost", "失联"), "target.at_risk": ("at risk or lost", "濒临失联和失联"),
    "target.silent": ("silent for 3 months", "3个月未联系"), "audience.branch": ("branch", "本支部"),
    "audience.below": ("all below", "所属支部"), "audience.secretaries": ("secretaries", "支部书记"),
    "field.sex": ("sex", "性别"), "field.birth_ym": ("month of birth", "出生年月"), "field.education": ("education", "学历"),
    "field.occupation": ("occupation", "职业"), "field.employer": ("employer", "工作单位"), "field.area": ("area", "区域"),
    "field.interests": ("interests", "爱好"), "field.mobile": ("mobile", "手机"), "field.email": ("e-mail", "邮箱"),
    "field.address": ("address", "地址"), "points.attendance": ("attendance", "参加活动"), "points.study": ("study", "学习"),
    "points.service": ("service", "服务"), "points.adjustment": ("adjustment", "调整"),
    "points.reversal": ("reversal", "冲销"),
    "stage.self": ("own", "自评"), "stage.peer": ("peers", "互评"), "stage.branch_proposal": ("branch", "支部意见"),
    "stage.committee_result": ("result", "党委结果"), "grade.excellent": ("excellent", "优秀"), "grade.good": ("good", "合格"),
    "grade.fair": ("fair", "基本合格"), "grade.poor": ("poor", "不合格"), "basis.declared": ("declared", "申报"),
    "basis.default": ("default", "默认"), "basis.assessed": ("assessed", "核定"), "basis.waived": ("waived", "减免"),
    "work.activity": ("activity", "活动"), "work.contact": ("contact", "联系"), "work.dues": ("dues", "党费"),
    "work.request": ("request", "申请"),
    "trail.export": ("given away", "导出"), "trail.look": ("looked at", "查阅"), "trail.change": ("changed", "变更"),
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
