// An app that embeds Relay speaks in these values; it need not know that they live in a module of their own.
@_exported public import RelayProtocol
