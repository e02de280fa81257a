// What an app sees of the modules below: the values of SQL, errors, and the connection that closures are lent. The codec
// and the merge stay inside.
@_exported public import RelaySQLite

@_exported public import enum RelayProtocol.ErrorCode
@_exported public import struct RelayProtocol.RelayError
@_exported public import enum RelayProtocol.Value
