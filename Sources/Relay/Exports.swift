@_exported public import class RelayMerge.ColumnSchema
@_exported public import enum RelayMerge.ColumnType
@_exported public import class RelayMerge.GroupSchema
@_exported public import class RelayMerge.MergePolicy
@_exported public import enum RelayMerge.ShownReason
@_exported public import struct RelayMerge.Resolvers
@_exported public import class RelayMerge.SyncSchema
@_exported public import class RelayMerge.TableAccess
@_exported public import class RelayMerge.TableSchema
@_exported public import enum RelayProtocol.CellValue
@_exported public import struct RelayProtocol.Dot
@_exported public import enum RelayProtocol.ErrorCode
@_exported public import struct RelayProtocol.Hash128
@_exported public import struct RelayProtocol.HybridTime
@_exported public import struct RelayProtocol.RelayError
@_exported public import struct RelayProtocol.ReplicaID
@_exported public import enum RelayProtocol.TransactionMode
@_exported public import enum RelayProtocol.Value
// What an app sees of the modules below, by name: the connection that closures are lent, the values of SQL, errors, the
// sync schema, and the names of replicas, transactions and times. The codec and the merge stay inside.
@_exported public import class RelaySQLite.Database
@_exported public import struct RelaySQLite.Row
