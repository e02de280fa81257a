package import Relay

/// Tables, columns and rules as people call them. In English they are called by their code, which commands take; in Chinese
/// by a word.
package enum Names {
  package static func table(_ name: String) -> String {
    Language.spoken == .zh ? tables[name] ?? name : name
  }

  /// - Parameter column: of a table, a column group, or `(existence)`.
  package static func column(_ column: String, of table: String) -> String {
    Language.spoken == .zh ? columns[table + "." + column] ?? columns[column] ?? column : column
  }

  /// Why the hub refused something, or what a notice is about.
  package static func rule(_ code: String) -> String {
    Language.spoken == .zh ? rules[code] ?? code : code
  }

  /// What was done to a row.
  package static func operation(_ code: String) -> String {
    Language.spoken == .zh ? operations[code] ?? code : code
  }

  /// A value of the column: codes by their word, days and texts as they are.
  package static func value(_ value: Value, _ column: String, of table: String) -> String {
    guard let code = value.text else { return value.description }
    let known = try? Organisation.syncSchema.get().table(named: table)?.column(named: column)
    guard Language.spoken == .zh, known?.allowed?.contains(value) == true else { return value.description }
    return Words.of(code, in: area(of: column, table), .zh)
  }

  /// The values of a column, or of a column group in its order.
  package static func values(_ values: [Value], _ group: String, of table: String) -> [String] {
    let known = try? Organisation.syncSchema.get().table(named: table)
    guard let known, let columns = known.groups.first(where: { $0.name == group })?.columns,
      columns.count == values.count
    else { return values.map(\.description) }
    return zip(columns, values).map { value($1, known.columns[$0].name, of: table) }
  }

  /// The codes that a column takes, which is what people type; in Chinese each with its word.
  package static func list(_ allowed: [Value], _ column: String, of table: String) -> String {
    allowed.map { value in
      guard let code = value.text else { return value.description }
      return code + Language.say("", "（\(Words.of(code, in: area(of: column, table), .zh))）")
    }.joined(separator: Language.say(", ", "、"))
  }

  /// Where the words of a column's codes stand.
  package static func area(of column: String, _ table: String) -> String { areas[table + "." + column] ?? "" }

  private static let areas = [
    "officer.education": "officer", "member.education": "member", "declaration.topic": "topic", "declaration.by": "by",
    "contact_point.source": "source", "request_step.step": "step", "dues_plan.basis": "basis",
    "activity.kind": "activity", "activity.mode": "mode", "points_entry.why": "points",
    "appraisal_entry.stage": "stage",
    "appraisal_entry.grade": "grade", "contact_attempt.purpose": "purpose", "feedback.kind": "voice",
    "feedback.state": "voice", "sweep.state": "sweep",
  ]

  static let tables = [
    "org_unit": "单位", "officer": "干部", "member": "党员", "contact_point": "联系方式", "declaration": "申报",
    "request": "申请", "request_step": "申请环节", "request_line": "申请明细", "dues_plan": "党费标准",
    "dues_entry": "党费记录", "activity": "活动", "attendance": "到场记录", "points_entry": "积分记录",
    "appraisal_entry": "评议记录", "sweep": "摸排", "contact_attempt": "联系记录", "notice": "通知",
    "notice_receipt": "通知回执", "feedback": "意见", "policy": "参数", "signature": "单位凭据", "device_state": "设备状况",
  ]

  static let columns = [
    "(existence)": "是否存在", "id": "标识", "parent_id": "上级单位", "level": "层级", "kind": "类别", "code": "代码",
    "name": "名称", "area": "区域", "theme": "特色", "meeting_place": "活动场所", "founded_on": "成立日期", "closed_on": "撤销日期",
    "unit_id": "单位", "member_id": "党员", "display_name": "姓名", "role": "职务", "sex": "性别", "birth_ym": "出生年月",
    "education": "学历", "work_phone": "办公电话", "allowance_fen": "津贴（分）", "from_on": "起始日期", "until_on": "截止日期",
    "member_no": "编号", "full_name": "姓名", "joined_ym": "入党年月", "grade": "党员类别", "appraisal_entry.grade": "等次",
    "status": "党籍状态", "reach": "联系状态", "last_contact_on": "最近联系", "paid_through": "党费交至", "occupation": "职业",
    "employer": "工作单位", "interests": "爱好", "file_held": "档案在本地", "came_on": "转入日期", "came_from": "来自",
    "merged_into": "并入", "note": "备注", "identity": "身份信息", "work": "工作", "term": "期限", "price": "单价",
    "when_where": "时间地点", "value": "内容", "label": "称呼", "preferred": "首选",
    "verified_on": "核实日期", "dead_since": "停用日期", "source": "来源", "contact_point.value": "号码或地址", "topic": "事项",
    "body": "正文", "effective_on": "生效日期", "by": "申报人", "made_on": "申报日期", "supersedes": "替代", "claim_text": "自述",
    "same_as": "等同于", "from_unit_id": "转出单位", "to_unit_id": "转入单位", "outside_org": "外部组织", "title": "标题",
    "need": "困难类别", "reason": "理由", "amount_fen": "金额（分）", "state": "状态", "opened_on": "提出日期", "decided_on": "决定日期",
    "request_id": "申请", "step": "环节", "actor_id": "经办人", "actor_unit_id": "经办单位", "at": "时间", "item": "项目",
    "quantity": "数量", "unit_fen": "单价（分）", "from_ym": "起始月份", "base_fen": "基数（分）", "monthly_fen": "月标准（分）",
    "basis": "依据", "decided_by": "决定人", "to_ym": "截止月份", "channel": "方式", "dues_entry.channel": "交纳方式",
    "contact_attempt.channel": "联系方式", "notice_receipt.channel": "告知方式", "receipt_no": "收据号", "reverses": "冲销",
    "taken_by": "收款人", "taken_on": "收款日期", "mode": "形式", "starts_at": "开始时间", "ends_at": "结束时间", "place": "地点",
    "points": "积分", "guest_count": "来宾数", "books_given": "发书数", "hosts": "主办单位", "minutes": "记录",
    "activity_id": "活动", "mark": "到场情况", "marked_by": "登记人", "checked_in_at": "签到时间", "remark": "说明", "year": "年度",
    "why": "事由", "source_id": "依据", "on_date": "日期", "round": "评议年度", "stage": "环节", "voter_id": "评议人", "text": "内容",
    "to_on": "截止日期", "fields_wanted": "须补信息", "target": "对象", "sweep_id": "摸排", "purpose": "目的",
    "contact_point_id": "联系方式", "outcome": "结果", "by_officer": "联系人", "audience": "对象", "posted_at": "发布时间",
    "expires_on": "有效期至", "needs_receipt": "需回执", "notice_id": "通知", "told_at": "告知时间", "answer": "答复", "key": "参数名",
    "policy.value": "参数值", "since_on": "起用日期", "officer_id": "干部", "synced_at": "上次同步", "unsent": "未发送",
    "held": "暂存", "conflicts": "冲突", "refused": "退回", "row_count": "行数", "app": "程序版本", "schema_version": "架构版本",
    "seq": "中心次序",
  ]

  static let rules = [
    "inserted_twice": "同一标识被登记两次", "unknown_table": "没有此表", "value_not_allowed": "值不允许",
    "not_writable": "无权写此表", "column_not_writable": "无权写此列", "append_only": "只可追加", "immutable": "不可更改",
    "key_unavailable": "标识不可用", "unique_taken": "已被占用", "row_unknown": "没有此行", "no_scope": "不在本机范围",
    "depends_on_refused": "依赖已退回的内容", "strict_concurrent": "与他人同时写入", "row_too_large": "行过大",
    "quarantined": "待中心核准", "malformed": "格式有误", "update_of_purged": "改动已清除的行",
  ]

  static let operations = [
    "insert": "新增", "set": "改为", "delete": "删除", "add": "增加", "remove": "去除", "increment": "增减", "before": "此前",
    "touch": "保留", "unknown": "不详",
  ]
}
