/// What the server takes on, all in one place; docs/operating.md tells how to change it.
struct ServerLimits: Sendable {
  /// Connections at once; beyond it a new one is closed before anything is read.
  var connections = 20_000
  /// Requests of one device at once, parked pulls among them.
  var requestsOfDevice = 16
  /// Requests that may wait for a reader.
  var waitingReads = 10_000
  /// Bytes of bodies that are being received, and of answers that are being sent, in all.
  var bodyBytes = 32 << 20
  var answerBytes = 24 << 20
  /// Milliseconds of the hub's time that a device may take at once, and that come back every second.
  var workBurst = 60_000.0
  var workRate = 250.0
  /// Milliseconds that it has taken beyond what came back, from which on its work gives way to that of others.
  var largeWork = 500.0
  /// Bytes a second that a body or the reading of an answer has to make once it had its first seconds.
  var slowest = 4 << 10
  /// Seconds for the head of a request, without a request, and before `slowest` counts.
  var headSeconds: Int64 = 15
  var idleSeconds: Int64 = 75
  var graceSeconds: Int64 = 15
  /// Seconds that a stopping server gives to whom it serves.
  var shutdownSeconds: Int64 = 20
}
