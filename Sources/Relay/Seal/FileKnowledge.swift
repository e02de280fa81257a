/// What a seal knows of the file before it looks at rows.
struct FileKnowledge {
  /// Which versions of the sync schema meet; nil where there is only one.
  var schema: SchemaStanding?
  /// Nil where the version of now is known.
  var newer: NewerWork?
  /// Bookkeeping that may hold something of the rows that are sealed: where many were written, the empty tables are not asked
  /// row by row.
  var filled: RowMark
}
