internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Relay's own tables in an app's file, by what they keep. All SQL on them is in this folder; each store answers in values,
/// and `corrupt` where a table holds what Relay never writes.
final class Stores {
  let db: Database
  let state: StateStore
  let replicas: ReplicaStore
  let outbox: OutboxStore
  let images: ImageStore
  let localOnly: LocalOnlyStore
  let inbox: InboxStore
  let marks: RowMarkStore

  init(_ db: Database) {
    self.db = db
    state = StateStore(db)
    replicas = ReplicaStore(db)
    outbox = OutboxStore(db, replicas)
    images = ImageStore(db)
    localOnly = LocalOnlyStore(db)
    inbox = InboxStore(db)
    marks = RowMarkStore(db)
  }

  var schema: SchemaStore { SchemaStore(db: db) }
  var scopes: ScopeStore { ScopeStore(db: db) }
  var refusals: RefusalStore { RefusalStore(db: db) }
  var forgotten: ForgottenStore { ForgottenStore(db: db) }
  var accepted: AcceptedStore { AcceptedStore(db: db) }
  var openings: OpeningStore { OpeningStore(db: db) }
  var lost: LostStore { LostStore(db: db) }
  var past: PastStore { PastStore(db: db) }
  var brought: BroughtStore { BroughtStore(db: db) }
  var dead: DeadStore { DeadStore(db: db) }
  var entered: EnteredStore { EnteredStore(db: db) }
  var age: AgeStore { AgeStore(db: db) }
  var stage: StageStore { StageStore(db: db) }
  var capture: GuardStore { GuardStore(db: db) }
  var shown: ShownStore { ShownStore(db: db) }
  var arrived: ArrivedStore { ArrivedStore(db: db) }
  var log: CaptureLog { CaptureLog(db: db) }
  var sync: SyncRecord { SyncRecord(db: db) }
  var sidecar: SidecarStore { SidecarStore(db: db) }
}
