import Foundation
import Testing

/// The sample organisation in small: the committee, branch 17 with its secretary and a deputy, and branch 42, each with
/// a file of its own and the `sqlite3` shell as its app.
struct Branches {
  let folder: Folder
  let hub: HubProcess
  let office: Clerk
  let secretary: Clerk
  let deputy: Clerk
  let there: Clerk

  var all: [Clerk] { [office, secretary, deputy, there] }

  init() async throws {
    folder = try Folder()
    hub = try await HubProcess(in: folder, .organisation)
    try await hub.serve()
    office = try Clerk("office", in: folder, .organisation)
    secretary = try Clerk("secretary", in: folder, .organisation)
    deputy = try Clerk("deputy", in: folder, .organisation)
    there = try Clerk("there", in: folder, .organisation)
    try await hub.enrol(office, role: "committee", scopes: ["*"])
    for clerk in [secretary, deputy] {
      try await hub.enrol(clerk, role: "branch", scopes: ["unit/b17", "everyone:r"])
    }
    try await hub.enrol(there, role: "branch", scopes: ["unit/b42", "everyone:r"])
    try await office.change(
      """
      BEGIN;
      INSERT INTO org_unit (id, level, code, name) VALUES ('b17', 'branch', 'B017', 'Seventeen'),
        ('b42', 'branch', 'B042', 'Forty-two');
      INSERT INTO member (id, member_no, unit_id, full_name, sex, birth_ym) VALUES
        ('anna', '0001', 'b17', 'Anna Weber', 'f', '1960-01'), ('bert', '0002', 'b42', 'Bert Kurz', 'm', '1955-07');
      INSERT INTO contact_point (id, member_id, kind, value, source) VALUES
        ('phone', 'anna', 'mobile', '000', 'self'), ('address', 'anna', 'address', 'Mill Lane 3', 'self');
      COMMIT
      """)
    for clerk in all { try await clerk.sync() }
  }

  func syncAll() async throws { for clerk in all { try await clerk.sync() } }
}
