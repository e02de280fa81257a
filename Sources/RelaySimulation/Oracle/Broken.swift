/// Something that the rules promise did not hold.
package struct Broken: Error, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }
}
