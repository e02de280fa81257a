internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay

struct RebuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild", abstract: "Name what is damaged in the file, and make it anew with what can be believed.",
    discussion: """
      Unsent and refused work that is as it was sealed comes along and is sent once; what is not is named, and not sent. \
      The rows come from the hub with the next `sync`. The damaged file is kept beside the new one. Where nothing is damaged \
      nothing is done. Stop other programs that use the file first.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Flag(help: "Only name what is damaged.") var check = false
  @Flag(help: "Make the file anew although nothing is found damaged.") var anyway = false

  mutating func run() async throws {
    let file = RebuiltFile(path: place.path)
    if !file.isUnfinished {
      let found = try Replica.examine(place.path, schema: try place.syncSchema())
      guard !check, anyway || !found.damage.isEmpty || !found.lost.isEmpty else {
        return try tell(RebuildAnswer(found, kept: nil, isMade: false))
      }
    } else if check {
      return print(Language.say("a rebuild was cut off; `rebuild` carries it on", "上次重建中断；再次运行 rebuild 即可继续"))
    }
    let kept = try file.keep()
    try file.begin(from: kept)
    // What other programs wrote last is sealed in a copy, where the damage lets it.
    let isSealed = (try? place.make(at: file.sealed)) != nil
    let rebuilt = try place.make(at: file.fresh).rebuild(from: isSealed ? file.sealed : kept)
    try file.finish()
    try tell(RebuildAnswer(rebuilt, kept: kept, isMade: true))
  }

  private func tell(_ answer: RebuildAnswer) throws {
    if output.isJSON { return try Output.json(answer) }
    for line in answer.lines { print(TerminalText.line(line)) }
  }
}

private struct RebuildAnswer: Codable {
  var damage: [String]
  var lost: [String]
  var unsent: Int
  var refused: Int
  var unsealed: Int
  var enrolled: Bool
  /// Where the damaged file is kept; none where nothing was made.
  var kept: String?

  init(_ rebuilt: Rebuilt, kept: String?, isMade: Bool) {
    (damage, lost, unsent, refused) = (rebuilt.damage, rebuilt.lost, rebuilt.unsent, rebuilt.refused)
    (enrolled, unsealed, self.kept) = (rebuilt.isEnrolled, rebuilt.unsealed, kept)
  }

  var lines: [String] {
    var lines = damage.map { Language.say("damaged: \($0)", "损坏：\($0)") }
    if unsealed > 0, kept != nil {
      lines.append(
        Language.say(
          "lost: \(unsealed) changes by other programs that were not sealed yet", "已丢失：其他程序写入而尚未封存的\(unsealed)处更改"))
    }
    lines += lost.map { Language.say("lost, and nobody else has it: \($0)", "已丢失，别处也没有：\($0)") }
    if damage.isEmpty, lost.isEmpty { lines.append(Language.say("nothing is damaged", "没有损坏")) }
    lines.append(
      Language.say("unsent: \(unsent), refused: \(refused), as they were sealed", "待发送\(unsent)项、被退回\(refused)项，均完好"))
    guard let kept else { return lines }
    lines.append(Language.say("the file was made anew; the damaged one is \(kept)", "文件已重建；损坏的文件保留为\(kept)"))
    lines.append(
      enrolled
        ? Language.say("`sync` brings the rows", "运行 sync 取回数据")
        : Language.say(
          "it does not say any more whose it is: `enroll` with a new code, then `sync`",
          "文件已不能说明属于谁：请用新的注册码 enroll，再 sync"))
    return lines
  }
}
