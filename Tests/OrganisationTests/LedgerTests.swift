import Relay
import Testing

@testable import Organisation

@Suite("The ledger of one member")
struct LedgerTests {
  private func entry(
    _ id: String, _ from: String?, _ to: String?, on day: String = "2017-01-10", kind: String = "payment",
    of reversed: String? = nil, receipt: String? = nil, amount: Int = 5000
  ) -> Ledger.Entry {
    Ledger.Entry(
      id: id, kind: kind, amountFen: amount, from: from.flatMap { Month($0) }, to: to.flatMap { Month($0) },
      channel: "cash",
      receipt: receipt, reverses: reversed, takenBy: nil, takenOn: day, note: nil)
  }

  private func ledger(_ entries: [Ledger.Entry], plans: [(String, Bool)] = [("2017-01", false)]) throws -> Ledger {
    var ledger = Ledger()
    ledger.entries = entries
    for (from, isWaived) in plans {
      ledger.plans.append(Ledger.Plan(from: try #require(Month(from)), monthlyFen: 200, isWaived: isWaived))
    }
    return ledger
  }

  @Test("paid through is the last month before the first gap")
  func gap() throws {
    let day = try #require(Day("2017-12-31"))
    let paid = try ledger([entry("a", "2017-01", "2017-03"), entry("b", "2017-05", "2017-06")])
    #expect(paid.paidThrough(on: day)?.text == "2017-03")
    #expect(paid.nextMonth(on: day)?.text == "2017-04")
    #expect(paid.unpaid(on: day) == 7)
    #expect(try ledger([entry("b", "2017-05", "2017-06")]).paidThrough(on: day) == nil)
    #expect(try ledger([]).nextMonth(on: day)?.text == "2017-01")
  }

  @Test("a waived plan fills a gap and pays nothing at the end")
  func waived() throws {
    let day = try #require(Day("2017-12-31"))
    let plans = [("2017-01", false), ("2017-03", true), ("2017-05", false)]
    let paid = try ledger([entry("a", "2017-01", "2017-02"), entry("b", "2017-05", "2017-05")], plans: plans)
    #expect(paid.paidThrough(on: day)?.text == "2017-05")
    #expect(paid.expected(Month(2017, 2).index...Month(2017, 5).index) == 400)
    #expect(
      try ledger([entry("a", "2017-01", "2017-02")], plans: [("2017-01", false), ("2017-03", true)])
        .paidThrough(on: day)?.text == "2017-02")
  }

  @Test("a payment covers the months that its money pays for, and several payments for one month add up")
  func money() throws {
    let day = try #require(Day("2017-12-31"))
    // A hundredth of a unit for ten years pays nothing.
    #expect(
      try ledger([entry("a", "2008-01", "2017-12", amount: 1)], plans: [("2008-01", false)]).unpaid(on: day) == 120)
    #expect(try ledger([entry("a", "2017-01", "2017-12", amount: 500)]).unpaid(on: day) == 10)
    #expect(try ledger([entry("a", "2017-01", "2017-12", amount: 500)]).paidThrough(on: day)?.text == "2017-02")
    let halves = [entry("a", "2017-01", "2017-01", amount: 100), entry("b", "2017-01", "2017-01", amount: 100)]
    #expect(try ledger(halves).paidThrough(on: day)?.text == "2017-01")
    // Too much is credit, not another month.
    #expect(try ledger([entry("a", "2017-01", "2017-01", amount: 1000)]).unpaid(on: day) == 11)
    // Waivers and adjustments are no money.
    #expect(try ledger([entry("a", "2017-01", "2017-12", kind: "adjustment", amount: 0)]).unpaid(on: day) == 0)
  }

  @Test("months for which nobody asks are not owed, and are skipped by what is expected")
  func excused() throws {
    let day = try #require(Day("2017-12-31"))
    var kept = try ledger([])
    kept.excused = [Month(2017, 3).index...Month(2017, 8).index]
    #expect(kept.unpaid(on: day) == 6)
    #expect(kept.expected(Month(2017, 1).index...Month(2017, 12).index) == 1200)
  }

  @Test("equal payments from two devices within a week are possibly one; from one device, or later, they are two")
  func duplicates() throws {
    let day = try #require(Day("2017-12-31"))
    func found(_ a: Ledger.Entry, _ b: Ledger.Entry) throws -> Int {
      try ledger([a, b]).possibleDuplicates(on: day).count
    }
    let first = entry("a", "2017-01", "2017-03", receipt: "B017-1-000001")
    #expect(try found(first, entry("b", "2017-01", "2017-03", receipt: "B017-2-000001")) == 1)
    #expect(try found(first, entry("b", "2017-01", "2017-03", receipt: "B017-1-000002")) == 0)
    #expect(try found(first, entry("b", "2017-01", "2017-03", on: "2017-01-17", receipt: "B017-2-000001")) == 1)
    #expect(try found(first, entry("b", "2017-01", "2017-03", on: "2017-01-18", receipt: "B017-2-000001")) == 0)
    #expect(try found(first, entry("b", "2017-01", "2017-02", receipt: "B017-2-000001")) == 0)
    let reversal = entry("r", nil, nil, kind: "reversal", of: "a")
    #expect(
      try ledger([first, entry("b", "2017-01", "2017-03", receipt: "B017-2-000001"), reversal])
        .possibleDuplicates(on: day).isEmpty)
  }

  @Test("sums are written with a point and two digits, and nothing else is a sum")
  func sums() throws {
    #expect(try Money.fen("60") == 6000)
    #expect(try Money.fen("60.5") == 6050)
    #expect(try Money.fen("0.05") == 5)
    #expect([Money.text(6005), Money.text(-5), Money.text(0)] == ["60.05", "-0.05", "0.00"])
    for text in ["", "0", "0.00", "-5", "5.", "1.234", "1,50", "1e3", "1000000", ".5", "６０"] {
      let error = #expect(throws: RelayError.self, "\(text)") { try Money.fen(text) }
      #expect(error?.code == .valueNotAllowed)
    }
  }
}
