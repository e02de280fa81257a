internal import ArgumentParser

/// How an answer is given.
struct OutputOptions: ParsableArguments {
  @Flag(name: .customLong("json"), help: "Answer with a JSON object.")
  var isJSON = false
}
