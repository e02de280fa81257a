import ConformanceVectors

/// Something that a vector demands and the code does not do.
struct Mismatch: Error, CustomStringConvertible {
  var vector: String
  /// Of the step, counted from 1; 0 for the end.
  var step = 0
  var deed = ""
  var device = ""
  var what: String
  var expected: String
  var got: String

  var description: String {
    let place = step > 0 ? "step \(step) \(deed)" : "at the end"
    return "\(vector), \(place)\(device.isEmpty ? "" : ", device \(device)"): \(what)\n"
      + "  expected \(expected)\n  got      \(got)"
  }
}
