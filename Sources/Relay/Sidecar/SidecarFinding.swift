internal import RelayProtocol

/// What lies beside a file.
enum SidecarFinding: Equatable {
  case note(SidecarNote)
  /// No sidecar, or one in which nothing can be read.
  case nothing
  /// The system did not let anybody look.
  case unknown
}

/// What that says of the file.
enum FileFooting: Equatable {
  /// It is the one that was here.
  case same
  /// Nothing was noted of it yet.
  case unmarked
  /// It is a copy, or was put back to an older one: who it was writes on somewhere, or has written on.
  case other

  /// - Parameters:
  ///   - marks: those that the file has; nil for a file that never had any, none where no sidecar could be written.
  ///   - file: what the system calls the file; nil where it cannot tell.
  ///   - hasWork: whether anything was ever sealed under the name that it has.
  init(_ found: SidecarFinding, marks: [Hash128]?, file: UInt64?, hasWork: Bool) {
    switch Mutation.isPlanted(.sidecarUnread) ? .unknown : found {
    case .unknown: self = .same
    case .nothing: self = marks?.isEmpty == false ? .other : .unmarked
    case .note(let note):
      guard let marks, !marks.isEmpty else {
        // It was copied before it had its first mark, and has come back beside a sidecar.
        self = marks == nil && hasWork ? .other : .unmarked
        return
      }
      let isElsewhere = note.file != nil && file != nil && note.file != file
      self = marks.contains(note.mark) && !isElsewhere ? .same : .other
    }
  }
}
