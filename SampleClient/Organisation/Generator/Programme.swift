/// What a unit did in the year before the survey: activities, notices, a sweep.
struct Programme: Sendable {
  struct Activity {
    var id: String
    var kind: String
    var mode: String
    var title: String
    var day: Day
    var place: String
    var guests: Int
    var books: Int
  }

  struct Notice {
    var id: String
    var title: String
    var day: Day
    var isReceiptNeeded: Bool
  }

  struct Sweep {
    var id: String
    var title: String
    var from: Day
    var to: Day
    var isClosed: Bool
  }

  static let points = 5

  var activities: [Activity] = []
  var notices: [Notice] = []
  var sweeps: [Sweep] = []

  init() {}

  init(_ unit: Roster.Unit) {
    var source = SplitMix64(seed: unit.stream)
    switch unit.level {
    case "committee":
      for month in [Month(2016, 12), Month(2017, 3), Month(2017, 6), Month(2017, 9)] {
        add("lecture", "Quarterly lecture", month, unit, &source)
        notices.append(notice(unit, month, isReceiptNeeded: true, &source))
      }
    case "regional":
      for month in [Month(2017, 4), Month(2017, 9)] {
        add("themed_day", "Themed day", month, unit, &source)
        notices.append(notice(unit, month, isReceiptNeeded: false, &source))
      }
    default:
      let kinds = ["meeting", "organisation_life", "course", "film", "visit", "volunteer", "online_study"]
      for back in (0..<12).reversed() {
        let kind = back % 3 == 0 ? "meeting" : source.pick(kinds)
        add(kind, "Monthly activity", Roster.month.advanced(by: -back), unit, &source)
      }
      for month in [Month(2017, 2), Month(2017, 5), Month(2017, 8)] {
        notices.append(notice(unit, month, isReceiptNeeded: false, &source))
      }
    }
    let from = Month(2017, source.span(3, 6))
    sweeps.append(
      Sweep(
        id: source.uuid(), title: "\(unit.name): sweep 2017", from: Day(from, 1), to: Day(from.advanced(by: 3), 28),
        isClosed: unit.level == "branch"))
  }

  private mutating func add(
    _ kind: String, _ title: String, _ month: Month, _ unit: Roster.Unit, _ source: inout SplitMix64
  ) {
    let mode = kind == "online_study" ? "online" : source.pick(["onsite", "onsite", "mixed"])
    let (day, place) = (source.span(5, 25), source.span(1, 40))
    let (guests, books) = (source.below(6), source.below(20))
    // Who stands at the door counts; at the committee's own lectures nobody does.
    let isCounted = unit.level != "committee"
    activities.append(
      Activity(
        id: source.uuid(), kind: kind, mode: mode, title: "\(title), \(unit.name), \(month.text)",
        day: Day(month, day), place: "Room \(place)", guests: isCounted ? guests : 0,
        books: isCounted && kind == "course" ? books : 0))
  }

  private func notice(
    _ unit: Roster.Unit, _ month: Month, isReceiptNeeded: Bool, _ source: inout SplitMix64
  ) -> Notice {
    Notice(
      id: source.uuid(), title: "\(unit.name): notice \(month.text)", day: Day(month, source.span(1, 4)),
      isReceiptNeeded: isReceiptNeeded)
  }
}
