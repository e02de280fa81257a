/// The language of a report's text; codes and keys do not change with it.
public enum Language: String, Sendable, CaseIterable {
  case en, zh

  package func choose(_ english: String, _ chinese: String) -> String { self == .en ? english : chinese }
}

/// The survey's own words, and ours for them.
enum SurveyLabels {
  static func title(_ table: String, _ language: Language) -> String {
    guard let pair = titles[table] else { return table }
    return language.choose(pair.en, pair.zh)
  }

  static func band(_ table: String, _ key: String, _ language: Language) -> String {
    guard let pair = bands[table + "." + key] ?? bands[key] else { return key }
    return language.choose(pair.en, pair.zh)
  }

  private static let titles: [String: (en: String, zh: String)] = [
    "age": ("Age (full years)", "年龄结构（周岁）"),
    "education": ("Education", "学历结构"),
    "seniority": ("Seniority (full years)", "党龄情况（整年）"),
    "dues": ("Dues (months unpaid)", "党费交纳情况（未交月数）"),
    "sex": ("Sex", "性别"),
    "branch_kind": ("Branches by kind", "基层党支部"),
    "secretary_sex": ("Secretaries by sex", "支部书记性别"),
    "secretary_education": ("Secretaries by education", "支部书记学历"),
    "secretary_age": ("Secretaries by age", "支部书记年龄"),
  ]

  /// By key, or by table and key where one key has several names.
  private static let bands: [String: (en: String, zh: String)] = [
    "35_and_under": ("35 and under", "35岁以下"),
    "36_54": ("36-54", "36-54岁"),
    "55_60": ("55-60", "55-60岁"),
    "over_60": ("over 60", "60岁以上"),
    "postgraduate": ("postgraduate", "研究生"),
    "bachelor": ("bachelor", "本科"),
    "junior_college": ("junior college", "专科"),
    "below": ("below junior college", "专科以下"),
    "5_and_under": ("5 and under", "5年以下"),
    "6_10": ("6-10", "6-10年"),
    "11_20": ("11-20", "11-20年"),
    "over_20": ("over 20", "超过20年"),
    "none": ("none", "按时交纳"),
    "1_5": ("1-5", "1-5个月"),
    "6_11": ("6-11", "6个月-1年"),
    "12_59": ("12-59", "1年-5年"),
    "60_and_over": ("60 and over", "五年以上"),
    "m": ("men", "男"),
    "f": ("women", "女"),
    "direct": ("direct", "直属党支部"),
    "enterprise": ("enterprise", "企业党支部"),
    "themed": ("themed", "特色党支部"),
    "upper_secondary": ("upper secondary", "高中"),
    "secondary_vocational": ("secondary vocational", "中专"),
    "secretary_education.junior_college": ("junior college", "大专"),
    "master": ("master", "硕士"),
    "over_50": ("over 50", "50岁以上"),
    "40_50": ("40-50", "40岁-50岁"),
    "under_40": ("under 40", "40岁以下"),
    "unknown": ("not known", "不详"),
    "total": ("total", "合计"),
  ]
}
