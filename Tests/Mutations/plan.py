"""One planted mutation a rule: where the production code follows it, and the line that would break it.

Each edit names a file and text that must be found in it exactly once. `mutated("name")` is true in the run that breaks
that rule (Mutation.swift.txt). No production source knows of this.
"""
from collections import namedtuple

Mutation = namedtuple("Mutation", "name rule what edits")

SEAL = "Sources/Relay/Replica/ReplicaCore+Seal.swift"
ENTERED = "Sources/Relay/Replica/ReplicaCore+Entered.swift"
INSTALL = "Sources/Relay/Replica/ReplicaCore+Install.swift"
REQUEST = "Sources/Relay/Sync/ReplicaCore+Request.swift"
STEPS = "Sources/Relay/Sync/Replica+Steps.swift"
DIFFERENCE = "Sources/Relay/Replica/Difference.swift"
MERGE = "Sources/Relay/Merge/Merge.swift"
ACCEPT = "Sources/RelayHub/Accept.swift"
JUDGE = "Sources/RelayHub/Judge.swift"
INSERT = "Sources/RelayHub/Judge+Insert.swift"
INCREMENTS = "Sources/RelayHub/Increments.swift"
COMMIT = "Sources/RelayHub/Commit.swift"
PULL = "Sources/RelayHub/Pull.swift"
CLOSING = "Sources/RelayHub/Pull+Closing.swift"
TOKEN = "Sources/RelayHub/PullToken.swift"
VERDICTS = "Sources/RelayHub/Verdicts.swift"

MUTATIONS = [
    Mutation("header_base", "6", "every operation has the header's N as its base", [
        (SEAL, "      return UInt64(max(0, found[0].integer ?? 0))\n",
         '      return mutated("header_base") ? state.base : UInt64(max(0, found[0].integer ?? 0))\n'),
        (SEAL, "    return UInt64(max(0, dead?[0].integer ?? 0))\n",
         '    if mutated("dead_base_0") { return 0 }\n'
         '    return mutated("header_base") ? state.base : UInt64(max(0, dead?[0].integer ?? 0))\n'),
    ]),
    Mutation("dead_base_0", "6", "a re-insert after a known delete has base 0", []),
    Mutation("form_claims", "6", "a form claims to have seen a row that came into sight while it was open", [
        (ENTERED, "== nil ? min(base, moment.base) : 0", '== nil || mutated("form_claims") ? min(base, moment.base) : 0'),
    ]),
    Mutation("parent_seen", "6", "whoever names a parent that is out of sight claims to know it", [
        (SEAL, "    let isPlain = isShown && !isUnderWork && !hasImage\n",
         '    let isPlain = (isShown || mutated("parent_seen")) && !isUnderWork && !hasImage\n'),
    ]),
    Mutation("leave_on_ack", "7", "a dot leaves pending when the push is answered", [
        (REQUEST, "      try learn(verdict)\n      guard",
         '      try learn(verdict)\n      if mutated("leave_on_ack") {\n'
         '        for sql in ["UPDATE relay_transaction SET installed = 1", "UPDATE relay_pending SET done = 1"] {\n'
         '          try db.execute(sql + " WHERE counter = ?", [Value(verdict.dot.counter)])\n        }\n      }\n'
         "      guard"),
    ]),
    Mutation("seal_late", "8", "installing seals foreign writes after the base has moved", [
        (STEPS, "        try core.seal(.residue)\n        core.isFromHub = true\n",
         '        if !mutated("seal_late") { try core.seal(.residue) }\n        core.isFromHub = true\n'),
        (INSTALL, "    try seal(.residue)\n    var state = try state()\n",
         '    if !mutated("seal_late") { try seal(.residue) }\n    var state = try state()\n'),
        (INSTALL, "    try digests.addAndCompare(self, pull, state)\n",
         '    if mutated("seal_late") { try seal(.residue) }\n    try digests.addAndCompare(self, pull, state)\n'),
    ]),
    Mutation("any_from", "8", "a reply is installed whatever it was asked with", [
        (INSTALL, "    guard pull.base == state.base, pull.epoch == state.epoch || state.epoch == .zero, pull.role == state.role,\n"
         "      pull.scopes == (try installedScopes()), pull.floor <= (try floor(state)), pull.schema == (try spokenSchema())\n"
         "    else { return false }\n",
         '    let anyFrom = mutated("any_from")\n    let anyScopes = anyFrom || mutated("from_is_N")\n'
         '    let anyFloor = anyFrom || mutated("floor_stale")\n'
         "    let (sameScopes, fits) = (try installedScopes() == pull.scopes, try pull.floor <= floor(state))\n"
         "    guard anyFrom || pull.base == state.base, pull.epoch == state.epoch || state.epoch == .zero,\n"
         "      anyScopes || pull.role == state.role, anyScopes || sameScopes, anyFloor || fits,\n"
         "      pull.schema == (try spokenSchema())\n"
         "    else { return false }\n"),
        (INSTALL, "    guard head >= state.base else { return false }\n",
         "    guard anyFrom || head >= state.base else { return false }\n"),
    ]),
    Mutation("from_is_N", "8", "a reply is installed when only its N still fits", []),
    Mutation("floor_stale", "8", "a reply is installed though an operation with a lower base was sealed since", []),
    Mutation("hidden_covered", "11", "a cell that the author may not read counts as seen", [
        (JUDGE, "      readable: { readable.contains($0) }, gives: { table.gives($0, role) })\n",
         '      readable: { group in mutated("hidden_covered") || readable.contains(group) },\n'
         '      gives: { group in mutated("foreign_defaults") || table.gives(group, role) })\n'),
    ]),
    Mutation("role_now", "11", "what the author could read is judged by its role at accept only", [
        (JUDGE, "table.reads(group, header) && table.reads(group, now)",
         '(mutated("role_now") || table.reads(group, header)) && table.reads(group, now)'),
    ]),
    Mutation("collapse", "11", "a cell keeps only the write it shows", [
        (MERGE, "      for effect in effects(of: operation, context, table: table) { write(effect, context) }\n",
         "      for effect in effects(of: operation, context, table: table) {\n"
         "        if effect.cell == .live, operation.group != 0, mutated(\"no_live\") { continue }\n"
         "        write(effect, context)\n"
         '        guard mutated("collapse"), context.seq < WriteContext.pendingSeq, effect.cell.element == nil,\n'
         "          let policy = table.group(effect.cell.group)?.policy, [.lww, .ask, .max].contains(policy),\n"
         "          let shown = table.shownWrite(Cell(id: effect.cell, writes: writes(effect.cell)))\n"
         "        else { continue }\n"
         "        replace(effect.cell, [shown])\n"
         "      }\n"),
    ]),
    Mutation("no_live", "11", "updates do not write _live", []),
    Mutation("no_clamp", "12", "the author's hybrid time is the effective time", [
        (ACCEPT, "effective: min(transaction.time, latest))",
         'effective: mutated("no_clamp") ? transaction.time : min(transaction.time, latest))'),
    ]),
    Mutation("seen_immutable", "12", "an immutable value can be overwritten by one who saw it", [
        (INSERT, "    where write.value != .values(values) &&",
         '    where !mutated("seen_immutable") && write.value != .values(values) &&'),
    ]),
    Mutation("over_alive", "12", "an insert over a row that its author saw alive may give what only a new row gets", [
        (INSERT, "    return known.contains(.flag(true)) &&",
         '    return !mutated("over_alive") && known.contains(.flag(true)) &&'),
    ]),
    Mutation("foreign_defaults", "5, 12", "an insert writes its defaults also where its author's role may not write", []),
    Mutation("insert_adds", "5", "an insert covers no increments, set elements or immutable values it had seen", [
        (MERGE, "      let known = cells(of: group.id).compactMap(\\.id.element).filter { !stated.contains($0) }\n",
         '      let known = mutated("insert_adds") ? [] : '
         "cells(of: group.id).compactMap(\\.id.element).filter { !stated.contains($0) }\n"),
        (MERGE, "value: delta == 0 ? nil : .delta(delta))]",
         'value: delta == 0 ? nil : .delta(delta), covers: !mutated("insert_adds"))]'),
        (MERGE, "value: isEmpty ? nil : .values(given.values))]",
         'value: isEmpty ? nil : .values(given.values), covers: !mutated("insert_adds"))]'),
    ]),
    Mutation("sums_cover", "5", "an insert finds the sum of a counter, not its increments", [
        (JUDGE, "    if transaction.mode == .strict || change.operations[0].isInsert { try",
         '    if transaction.mode == .strict || (change.operations[0].isInsert && !mutated("sums_cover")) { try'),
    ]),
    Mutation("no_notice", "14", "a losing lww value is not told", [
        (COMMIT, "        for loser in losers where try notify(",
         '        for loser in mutated("no_notice") ? [] : losers where try notify('),
    ]),
    Mutation("new_entry", "14", "a second, concurrent resolution opens a new entry", [
        (COMMIT, ".seq(named ? resolves : seq)", '.seq(named && !mutated("new_entry") ? resolves : seq)'),
    ]),
    Mutation("noop_resolve", "14", "resolving for the shown value is dropped as no difference", [
        (DIFFERENCE, "        if was != now || entry != 0 {",
         '        if was != now || (entry != 0 && !mutated("noop_resolve")) {'),
        (DIFFERENCE, "      if let decision = decisions[0] { operations",
         '      if let decision = decisions[0], !mutated("noop_resolve") { operations'),
    ]),
    Mutation("ends_covered", "14", "an entry ends only when one write covers all its siblings", [
        (COMMIT, "        } else if open {\n",
         '        } else if open, !(mutated("ends_covered") && cell.writes.count > 1) {\n'),
    ]),
    Mutation("notice_shows", "14", "a notice shows the winning value to an author who may not read it", [
        (CLOSING, "        granted.reach(stored.scopeNames), reads(notice.cell, table),\n",
         '        mutated("notice_shows") || granted.reach(stored.scopeNames), reads(notice.cell, table),\n'),
    ]),
    Mutation("dead_blank", "15", "a deleted row loses its values at the hub", [
        (COMMIT, "      guard var new = after[row] else { continue }\n",
         "      guard var new = after[row] else { continue }\n"
         '      if mutated("dead_blank"), !store.isAlive(new) { new.state.cells.removeAll { $0.id.group > 3 } }\n'),
    ]),
    Mutation("twice", "16", "a known dot is accepted again", [
        (ACCEPT, "    if let record = try record(dot) {\n",
         '    if let record = try record(dot), !mutated("twice") {\n'),
    ]),
    Mutation("no_late", "17", "late edits are refused", [
        (JUDGE, "  private func late(_ change: RowChange, _ writable: Set<String>) throws(RelayError) -> Bool {\n"
         "    if change.base > 0 {",
         "  private func late(_ change: RowChange, _ writable: Set<String>) throws(RelayError) -> Bool {\n"
         '    if mutated("no_late") { return false }\n'
         '    let writable = mutated("late_any") ? Set(device.grants.map(\\.scope)) : writable\n'
         '    if change.base > 0 || mutated("late_insert") {'),
    ]),
    Mutation("late_any", "17", "an exit from any scope of the device, also a read-only one, makes an edit late", []),
    Mutation("late_insert", "17", "an insert with base 0 is a late edit after any exit", []),
    Mutation("late_child", "17", "a child inserted under a parent that moved away meanwhile is refused", [
        (JUDGE, "      if try old(parent) != nil, try left(",
         '      if !mutated("late_child"), try old(parent) != nil, try left('),
    ]),
    Mutation("key_taken", "17", "an insert merges into a row where the device may not write", [
        (JUDGE, "    if !writable.reach(row.homes), !isLate {\n",
         '    if !writable.reach(row.homes), !isLate, !(mutated("key_taken") && isInsert) {\n'),
    ]),
    Mutation("key_shows", "17", "key_unavailable says where the row lives", [
        (JUDGE, '"this key cannot be used; choose another")',
         '"this key cannot be used; choose another" + (mutated("key_shows") ? " \\(row.homes)" : ""))'),
    ]),
    Mutation("keys_told", "17", "a role that may not write a table learns which of its keys there are", [
        (JUDGE, "    if !table.access(device.role).writes { return",
         '    if !mutated("keys_told"), !table.access(device.role).writes { return'),
    ]),
    Mutation("onto_other", "18", "an update of one's refused insert lands on another's row with that key", [
        (JUDGE, "    if let dot = try buildsOnRefused(change.row, isInsert: isInsert) {\n",
         "    let stands = try old(change.row) != nil\n"
         "    if let dot = try buildsOnRefused(change.row, isInsert: isInsert), "
         '!(mutated("onto_other") && stands) {\n'),
    ]),
    Mutation("refused_blocks", "19", "a refused transaction does not take its dot", [
        (VERDICTS, "    try db.execute(\"INSERT INTO body VALUES (?, ?)\", [.seq(verdict.seq), .blob(sealed.bytes)])\n",
         "    try db.execute(\"INSERT INTO body VALUES (?, ?)\", [.seq(verdict.seq), .blob(sealed.bytes)])\n"
         '    if mutated("refused_blocks"), !verdict.isAccepted { return }\n'),
    ]),
    Mutation("not_atomic", "19", "the good operations of a refused transaction take effect", [
        (ACCEPT, "    if verdict.isAccepted {\n", '    if verdict.isAccepted || mutated("not_atomic") {\n'),
    ]),
    Mutation("children_stay", "21", "a move does not move the children", [
        (COMMIT, "    while let parent = moved.popLast() {\n",
         '    while !mutated("children_stay"), let parent = moved.popLast() {\n'),
    ]),
    Mutation("hub_remembers", "22", "the hub remembers what it sent instead of being told what is installed", [
        (PULL, "    installed = Set(request.scopes)\n",
         "    let who = \"\\(store.db.path) \\(device.id)\"\n"
         '    installed = mutated("hub_remembers") ? Mutation.memory.sent(who) : Set(request.scopes)\n'),
        (CLOSING, "    let head = try store.head()\n",
         "    let who = \"\\(store.db.path) \\(device.id)\"\n"
         "    Mutation.memory.note(who, granted)\n"
         '    let head = mutated("early_W") ? Mutation.memory.first(who, try store.head()) : try store.head()\n'),
    ]),
    Mutation("role_unnamed", "22", "the request does not name the role installed", [
        (PULL, "    entered = request.role == device.role &&",
         '    entered = (mutated("role_unnamed") || request.role == device.role) &&'),
    ]),
    Mutation("floor_is_N", "22", "stamps only of cells newer than N", [
        (INSTALL, "    // An operation's base is its row's image's base or 0 for a row without an image.\n",
         '    if mutated("floor_is_N") { return state.base }\n'),
    ]),
    Mutation("floor_pending", "22", "floor does not know the bases of held rows", [
        (INSTALL, '"SELECT min(base) FROM relay_image")',
         '"SELECT min(base) FROM relay_image" + (mutated("floor_pending") ? " WHERE state = 0" : ""))'),
    ]),
    Mutation("exit_held", "23", "exits also of rows that another scope of the device still has", [
        (CLOSING, "      guard let stored = try store.load(row), granted.reach(stored.scopeNames) else {\n",
         "      guard let stored = try store.load(row), granted.reach(stored.scopeNames), "
         '!mutated("exit_held") else {\n'),
    ]),
    Mutation("early_W", "23", "W and confirmations come from the first page", [
        (PULL, "    var page = PullPage(grants: device.grants, role: device.role)\n",
         "    var page = PullPage(grants: device.grants, role: device.role)\n"
         "    if request.pull?.token.isEmpty != false {\n"
         "      Mutation.memory.begin(\"\\(store.db.path) \\(device.id)\", try store.head())\n    }\n"),
        (CLOSING, "    let confirmed = try store.records(request.pending).filter { $0.device == device.id }\n",
         "    let confirmed = try store.records(request.pending).filter { $0.device == device.id && $0.verdict.seq <= head }\n"),
    ]),
    Mutation("sums_blur", "23", "increments after N come as one sum, whoever made them", [
        (INCREMENTS, "    let late = newer.filter { $0.seq > request.base }\n",
         "    var late = newer.filter { $0.seq > request.base }\n"
         '    if mutated("sums_blur") { late = late.summed }\n'),
    ]),
    Mutation("token_lives", "23", "a token survives a change of scopes", [
        (TOKEN, "    guard let read, read.hash == asked else {",
         '    guard let read, read.hash == asked || mutated("token_lives") else {'),
    ]),
    Mutation("exit_installed", "23", "exits only from scopes installed, not from those granted since", [
        (CLOSING, "    for scope in installed.union(granted).sorted() {\n",
         '    for scope in (mutated("exit_installed") ? installed : installed.union(granted)).sorted() {\n'),
    ]),
    Mutation("left_forgets", "24", "a row that only the device's own insert showed is not kept when it leaves", [
        (INSTALL, "    var image = try image(row, table) ?? Image(values: nil, base: 0)\n",
         '    if mutated("left_forgets"), try image(row, table) == nil { return }\n'
         "    var image = try image(row, table) ?? Image(values: nil, base: 0)\n"),
        (INSTALL, "    if kept == nil, isOwn, !hasArrived, try",
         '    if kept == nil, isOwn, !hasArrived, !mutated("left_forgets"), try'),
    ]),
    Mutation("drop_left", "24", "a row that left with pending work is dropped", [
        (INSTALL, "    guard try isUnderWork(row) else {\n      try dropImage(row)\n",
         '    guard !mutated("drop_left"), try isUnderWork(row) else {\n      try dropImage(row)\n'),
    ]),
]
