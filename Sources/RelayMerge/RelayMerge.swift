// What device and hub must decide alike, decided once. Values come in and values go out: no file, no clock, no network, no
// table of Relay's own. It imports the language that travels (RelayProtocol), and Foundation's reader of JSON in one file.
//
//     Schema/     the sync schema, read once and worked out into objects that everybody shares
//     Cells/      a row as its cells, each the antichain of its live writes; what a transaction does to them
//     Policies/   one file a policy: how concurrent writes become what is shown, and all that depends on it
//     Rules/      what both sides ask of a change: is it allowed, what does it build on, where does its row lie, which
//                 unique keys does it hold
//
// Applied in any causal order, any number of times, the same transactions give the same cells. Nothing here makes a write.
