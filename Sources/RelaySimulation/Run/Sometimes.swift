/// What has to have happened somewhere in a batch of some hundred runs for its silence to mean something.
public enum Sometimes {
  public static let points = people + planned + devices + hub + line + syncs + worlds

  /// What only some fleets live in.
  private static let worlds = [
    "a person left by age", "act: absence", "act: ageHub", "act: comeBack", "act: leap",
    "act: pruneHub", "act: writeBeside", "ends with two writes in mail",
    "forgotten person",
    "forgotten visit", "hub: died while it forgot", "hub: died while rows left by age", "hub: forgets exits",
    "hub: forgets rows",
    "hub: forgets what it told", "newer columns",
    "newer columns not told to the device yet",
    "refused update_of_purged", "triggers: one counts in a row that syncs", "triggers: words follow the rows",
    "version 2 at a device", "version 2 at the hub after a device", "version 2 at the hub first",
    "version 3 at a device", "version 3 at the hub after a device", "version 3 at the hub first",
  ]

  /// What people did, and what the rules made of it.
  private static let people = [
    "a verdict told again", "conflicts", "deletes", "discarded", "ends with three writes or more in area",
    "ends with three writes or more in live", "ends with three writes or more in note",
    "ends with three writes or more in pers", "ends with three writes or more in phon",
    "ends with three writes or more in tags", "ends with three writes or more in top",
    "ends with three writes or more in unit", "ends with two writes in area", "ends with two writes in live",
    "ends with two writes in note", "ends with two writes in pers", "ends with two writes in phon",
    "ends with two writes in tags", "ends with two writes in top", "ends with two writes in unit", "forbidden",
    "foreign", "forms", "installs", "large transactions", "late edits", "moves", "other orders",
    "refused depends_on_refused", "refused key_unavailable", "refused not_writable", "regrants", "resubmitted",
    "role blind", "role field", "role reader", "settled",
  ]

  /// What was planned.
  private static let planned = [
    "act: checkpoint", "act: cutDevice", "act: cutHub", "act: deaf", "act: failDevice", "act: failHub",
    "act: fillDevice", "act: fillHub", "act: heal", "act: hubClock", "act: jumpClock", "act: killDevice",
    "act: killHub", "act: largeWrite", "act: mute", "act: openForm", "act: putRight", "act: regrant", "act: settle",
    "act: sync", "act: syncAll", "act: tidyHub", "act: undelete", "act: write",
  ]

  /// What became of devices.
  private static let devices = [
    "device: an answer that was interrupted is gone", "device: died at lock", "device: died at look",
    "device: died at read", "device: died at write", "device: died in a request", "device: died in an answer",
    "device: died in work", "device: disk_full in an answer", "device: disk_full in work", "device: failed at read",
    "device: failed at write", "device: io_error in a request", "device: io_error in an answer",
    "device: io_error in work", "device: killed", "device: power cut with unsynced sectors",
    "device: power cut, sectors kept", "device: power cut, sectors lost", "device: power cut, sectors mixed",
    "device: power cut, sectors torn", "device: what was under way is gone", "device: what was under way is there",
  ]

  /// What became of the hub.
  private static let hub = [
    "hub: died at lock", "hub: died at read", "hub: died at write", "hub: failed at read", "hub: failed at write",
    "hub: failed with disk_full", "hub: failed with io_error", "hub: killed", "hub: power cut, sectors kept",
    "hub: power cut, sectors lost", "hub: several pushes in one group",
  ]

  /// What the line did.
  private static let line = [
    "line: a request cut", "line: a request into a partition", "line: a request lost", "line: a request twice",
    "line: a stranger answers", "line: an answer cut", "line: an answer for nobody",
    "line: an answer into a partition", "line: an answer lost", "line: another answer",
  ]

  /// How syncs went.
  private static let syncs = [
    "sync: a pull goes on", "sync: a transaction in parts", "sync: an answer brings none",
    "sync: an answer brings some", "sync: an answer discarded", "sync: done", "sync: ends with deadline",
    "sync: ends with malformed_message", "sync: ends with proxy_password", "sync: ends with sign_in_page",
    "sync: no answer in time", "sync: several transactions in a push", "sync: sleeps because of deadline",
    "sync: sleeps because of hub_failed", "sync: sleeps because of hub_overloaded",
    "sync: sleeps because of hub_unreachable", "sync: sleeps because of no_progress",
    "sync: sleeps because of wrong_answer", "sync: told hub_failed", "sync: told hub_overloaded",
    "sync: told hub_unreachable", "sync: told malformed_message", "sync: told proxy_password",
    "sync: told request_too_large", "sync: told sign_in_page", "sync: told wrong_answer",
  ]
}
