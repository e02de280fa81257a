package import Relay

/// Who was there, by mark, as far as this device may see and holds them.
package struct Attendees: Sendable {
  package struct Person: Sendable, Equatable {
    package var mark: String
    package var number: String
    package var name: String
    package var unit: String
  }

  package let people: [Person]
  /// Marks of members whose rows are on other devices.
  package let elsewhere: Int
  /// The role sees neither marks nor names.
  package let isUnseen: Bool

  package init(of activity: Activity, _ look: Look) throws(RelayError) {
    guard try look.sees("attendance"), try look.sees("full_name", of: "member") else {
      (people, elsewhere, isUnseen) = ([], 0, true)
      return
    }
    var (people, elsewhere): ([Person], Int) = ([], 0)
    for row in try look.rows(
      """
      SELECT a.mark, m.member_no, m.full_name, u.code FROM \(Marks.ofPersons("= ?")) AS a
        LEFT JOIN member AS m ON m.id = a.member_id LEFT JOIN org_unit AS u ON u.id = m.unit_id
      ORDER BY m.member_no, a.member_id
      """, [.text(activity.id)])
    {
      guard let number = row[1].text else {
        elsewhere += 1
        continue
      }
      people.append(
        Person(mark: row[0].text ?? "", number: number, name: row[2].text ?? "", unit: row[3].text ?? "?"))
    }
    self.people = Marks.order.flatMap { mark in people.filter { $0.mark == mark } }
    (self.elsewhere, isUnseen) = (elsewhere, false)
  }

  package func text(_ language: Language) -> String {
    if isUnseen { return language.choose("who was there this device does not see", "本设备无权查看出席人员") }
    var lines: [String] = []
    for mark in Marks.order {
      let names = people.filter { $0.mark == mark }.map { "\($0.number) \($0.name)" }
      guard !names.isEmpty else { continue }
      lines.append(
        Words.of(mark, language) + language.choose(": ", "：") + names.joined(separator: language.choose(", ", "、")))
    }
    if elsewhere > 0 {
      lines.append(
        language.choose("\(elsewhere) more whose rows are on other devices", "另有\(elsewhere)人，其资料在其他设备上"))
    }
    return lines.joined(separator: "\n")
  }

  package var grid: Page.Grid {
    var grid = Page.Grid("attendees", ["mark|mark|标记", "number|no.|编号", "name|name|姓名", "unit|branch|支部"])
    for person in people { grid.add(.word(person.mark), .text(person.number), .text(person.name), .text(person.unit)) }
    return grid
  }
}
