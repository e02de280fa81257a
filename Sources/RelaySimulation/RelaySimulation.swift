// The deterministic simulator: the production code of Relay and RelayHub, SQLite included, in one process and one thread,
// with a virtual disk, network, clock and chance, all of which follow from one seed.
//
//     Chance/     seeds, streams by label
//     Disk/       a SQLite VFS over memory that knows what a medium would have kept; kills, power cuts, failing calls
//     Network/    virtual time, the queue of events, a line that drops, repeats, reorders, cuts and mixes up
//     Fleet/      devices and a hub, killed and started again
//     Oracle/     what is true by the definition of the rules, told by a witness beside each device
//     Run/        what a seed means, runs of it, replay, shrinking
//
// Nothing here decides what a device or a hub does: it only decides what happens to them, and looks.
