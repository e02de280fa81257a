/// The tables of dues for a spreadsheet.
extension LedgerSheet {
  package var grid: Page.Grid {
    var grid = Page.Grid(
      "entries",
      [
        "day|day|日期", "kind|kind|类别", "amount|amount|金额", "from|from|起", "to|to|止", "channel|channel|方式",
        "receipt|receipt|收据", "reversed|reversed|已冲销", "possibleDuplicate|possible duplicate|疑似重复", "held|held|待审核",
        "id|id|标识",
      ])
    for line in lines {
      let entry = line.entry
      grid.add(
        .text(entry.takenOn), .word(entry.kind), .fen(entry.amountFen), Cell(entry.from?.text), Cell(entry.to?.text),
        .word(entry.channel), Cell(entry.receipt), .flag(line.isReversed), .flag(line.isPossibleDuplicate),
        .flag(line.isHeld), .text(entry.id))
    }
    return grid
  }
}

extension ArrearsReport {
  package var bandGrid: Page.Grid {
    var grid = Page.Grid("bands", ["band|months unpaid|未交月数", "members|members|人数"])
    for band in bands.bands { grid.add(.text(band.key), .number(band.count)) }
    return grid
  }

  package var debtorGrid: Page.Grid {
    var grid = Page.Grid(
      "debtors",
      ["number|no.|编号", "name|name|姓名", "unit|branch|支部", "months|months|未交月数", "paidThrough|paid through|党费交至"])
    for debtor in debtors {
      grid.add(
        .text(debtor.number), .text(debtor.name), .text(debtor.unit), .number(debtor.months), Cell(debtor.paidThrough))
    }
    return grid
  }
}
