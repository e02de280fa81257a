extension DuesDesk.Receipt {
  /// What to think of when it is read, each on a line of its own: another sum than the plan's is never taken in silence.
  package func notes(_ language: Language) -> String {
    var notes: [String] = []
    if let expectedFen {
      let asked = Money.text(expectedFen)
      notes.append(language.choose("the plan asks \(asked) for these months", "按计划应交 \(asked) 元"))
    }
    if beforeFen > 0 {
      let before = Money.text(beforeFen)
      notes.append(language.choose("\(before) of them had been paid before", "此前已交 \(before) 元"))
    }
    if leftFen > 0 {
      let left = Money.text(leftFen)
      notes.append(language.choose("they stay unpaid by \(left)", "尚欠 \(left) 元，这些月份仍算未交清"))
    }
    guard !notes.isEmpty else { return "" }
    return language.choose("\nnote: ", "\n注意：") + notes.joined(separator: language.choose("; ", "；"))
  }
}
