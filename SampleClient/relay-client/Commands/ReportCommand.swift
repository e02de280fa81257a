internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Figures from the rows of this replica: R1 to R14, and all of them as one HTML page.",
    subcommands: [SurveyCommand.self, Show.self, Listing.self, HTML.self], defaultSubcommand: Show.self)

  struct Show: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "One report; `report list` names them.",
      discussion: "Every report says how fresh its figures are. --csv gives tables for a spreadsheet.")
    @OptionGroup var common: LookArguments
    @Argument(help: "A name such as movement, or R1 to R14; without one, the list of them.") var report: String?
    @Option(name: .customLong("html"), help: ArgumentHelp("Also write it as an HTML page.", valueName: "file"))
    var file: String?
    @Flag(help: "Only transfers that are stale.") var stale = false

    var export: String? { file != nil ? "html" : common.output.isCSV ? "csv" : nil }

    func page(_ look: Look) throws(RelayError) -> Page {
      if stale { return try TransferPages.stale(look) }
      guard let report else { return Listing.page }
      let page = try Report.find(report == "transfers" ? "requests" : report).page(look)
      if let file { try HTML.write([page], to: file, common.speech.language) }
      return page
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The reports.")
    @OptionGroup var common: LookArguments
    func page(_ look: Look) throws(RelayError) -> Page { Self.page }

    static var page: Page {
      var grid = Page.Grid("reports", ["number|R|编号", "name|name|名称", "title|what|内容"])
      for report in Report.all {
        grid.add(.text("R\(report.number)"), .text(report.name), .phrase(report.title.en, report.title))
      }
      return .list(grid)
    }
  }

  struct HTML: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "html", abstract: "All reports as one page that opens without a network.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The file to make; one that is there is left alone.") var file: String
    @Option(name: .customLong("report"), help: "Only this one; may be repeated.") var names: [String] = []

    var export: String? { "html" }

    func page(_ look: Look) throws(RelayError) -> Page {
      var pages: [Page] = []
      var chosen: [Report] = []
      for name in names { chosen.append(try Report.find(name)) }
      for report in names.isEmpty ? Report.all : chosen { pages.append(try report.page(look)) }
      try HTML.write(pages, to: file, common.speech.language)
      var page = Page(Phrase("\(pages.count) reports written to \(file)", "\(pages.count)份报告已写入\(file)"))
      page.tell("file", "file", "文件", .text(file))
      page.tell("reports", "reports", "报告", .number(pages.count))
      return page
    }

    static func write(_ pages: [Page], to file: String, _ language: Language) throws(RelayError) {
      let title = Phrase("The organisation's reports", "党组织报告")
      try PrivateFile.create(file, Data(Page.document(pages, title: title, language).utf8))
    }
  }
}
