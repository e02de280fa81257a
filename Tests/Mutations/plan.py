"""One planted mutation a rule: its switch, the rule (docs/rules.md), and what is broken where the switch is on.

The switches (`Protocol/RelayProtocol/Mutation.swift`) stand in the production code, at the place of their rule; `run.py`
sees to it that the two lists are the same and that each switch is asked somewhere.
"""
from collections import namedtuple

Mutation = namedtuple("Mutation", "name rule what")

MUTATIONS = [
    Mutation("headerBase", "6", "every operation has the header's N as its base"),
    Mutation("deadBaseZero", "6", "a re-insert after a known delete has base 0"),
    Mutation("formClaims", "6", "a form claims to have seen a row that came into sight while it was open"),
    Mutation("parentSeen", "6", "whoever names a parent that is out of sight claims to know it"),
    Mutation("leaveOnAck", "7", "a dot leaves pending when the push is answered"),
    Mutation("sealLate", "8", "installing seals foreign writes after the base has moved"),
    Mutation("anyFrom", "8", "a reply is installed whatever it was asked with"),
    Mutation("fromIsN", "8", "a reply is installed when only its N still fits"),
    Mutation("floorStale", "8", "a reply is installed though an operation with a lower base was sealed since"),
    Mutation("hiddenCovered", "11", "a cell that the author may not read counts as seen"),
    Mutation("roleNow", "11", "what the author could read is judged by its role at accept only"),
    Mutation("collapse", "11", "a cell keeps only the write it shows"),
    Mutation("noLive", "11", "updates do not write _live"),
    Mutation("noClamp", "12", "the author's hybrid time is the effective time"),
    Mutation("seenImmutable", "12", "an immutable value can be overwritten by one who saw it"),
    Mutation("overAlive", "12", "an insert over a row that its author saw alive may give what only a new row gets"),
    Mutation("foreignDefaults", "5, 12", "an insert writes its defaults also where its author's role may not write"),
    Mutation("insertAdds", "5", "an insert covers no increments, set elements or immutable values it had seen"),
    Mutation("sumsCover", "5", "an insert finds the sum of a counter, not its increments"),
    Mutation("noNotice", "14", "a losing lww value is not told"),
    Mutation("newEntry", "14", "a second, concurrent resolution opens a new entry"),
    Mutation("noopResolve", "14", "resolving for the shown value is dropped as no difference"),
    Mutation("endsCovered", "14", "an entry ends only when one write covers all its siblings"),
    Mutation("noticeShows", "14", "a notice shows the winning value to an author who may not read it"),
    Mutation("deadBlank", "15", "a deleted row loses its values at the hub"),
    Mutation("twice", "16", "a known dot is accepted again"),
    Mutation("noLate", "17", "late edits are refused"),
    Mutation("lateAny", "17", "an exit from any scope of the device, also a read-only one, makes an edit late"),
    Mutation("lateInsert", "17", "an insert with base 0 is a late edit after any exit"),
    Mutation("lateChild", "17", "a child inserted under a parent that moved away meanwhile is refused"),
    Mutation("keyTaken", "17", "an insert merges into a row where the device may not write"),
    Mutation("keyShows", "17", "key_unavailable says where the row lives"),
    Mutation("keysTold", "17", "a role that may not write a table learns which of its keys there are"),
    Mutation("ontoOther", "18", "an update of one's refused insert lands on another's row with that key"),
    Mutation("refusedBlocks", "19", "a refused transaction does not take its dot"),
    Mutation("notAtomic", "19", "the good operations of a refused transaction take effect"),
    Mutation("childrenStay", "21", "a move does not move the children"),
    Mutation("hubRemembers", "22", "the hub remembers what it sent instead of being told what is installed"),
    Mutation("roleUnnamed", "22", "the request does not name the role installed"),
    Mutation("floorIsN", "22", "stamps only of cells newer than N"),
    Mutation("floorPending", "22", "floor does not know the bases of held rows"),
    Mutation("exitHeld", "23", "exits also of rows that another scope of the device still has"),
    Mutation("earlyW", "23", "W and confirmations come from the first page"),
    Mutation("sumsBlur", "23", "increments after N come as one sum, whoever made them"),
    Mutation("tokenLives", "23", "a token survives a change of scopes"),
    Mutation("exitInstalled", "23", "exits only from scopes installed, not from those granted since"),
    Mutation("leftForgets", "24", "a row that only the device's own insert showed is not kept when it leaves"),
    Mutation("dropLeft", "24", "a row that left with pending work is dropped"),
]
