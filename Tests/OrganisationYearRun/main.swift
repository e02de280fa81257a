import Foundation
import OrganisationYear

// Runs the year of the whole organisation and says what does not hold: `organisation-year [short] [SEED]`.
let words = CommandLine.arguments.dropFirst()
var plan = words.contains("short") ? YearPlan.short : YearPlan.whole
if let seed = words.compactMap({ UInt64($0) }).first { plan.seed = seed }
let folder = NSTemporaryDirectory() + "organisation-year-" + UUID().uuidString
let began = Date()
func elapsed() -> String { "\(Int(Date().timeIntervalSince(began))) s" }

let year = try Year(plan, in: folder)
print("founded: \(year.devices) devices, \(year.members) members, \(elapsed())")
try year.live { print($0 + ", " + elapsed()) }
print(year.summary + ", " + elapsed())
let complaints = try year.complaints()
if complaints.isEmpty {
  print("every replica equals the committee's by scope, every report what was counted apart; \(elapsed())")
  try FileManager.default.removeItem(atPath: folder)
} else {
  print(complaints.joined(separator: "\n"))
  print("IT DID NOT HOLD (seed \(plan.seed)); the files are kept in \(folder)")
  exit(1)
}
