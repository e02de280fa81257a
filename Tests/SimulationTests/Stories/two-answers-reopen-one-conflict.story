# Two people settle one conflict differently, neither knowing of the other, while a third write opens another one on the same
# cell. The last answer opens again the conflict that it answers, and no third one.
schema 0
device d0 field *
device d1 field u1
d0: INSERT INTO person (id, unit, phone) VALUES ('p0', 'u1', 'x1')
d0 syncs
d1 syncs
d0: UPDATE person SET phone = 'x2' WHERE id = 'p0'
d1: UPDATE person SET phone = 'x3' WHERE id = 'p0'
d0 syncs
d1 syncs
d0 syncs
d1 settles phone of person p0 with 0
d0: DELETE FROM person WHERE id = 'p0'
d0: INSERT INTO person (id, unit, phone) VALUES ('p0', 'u1', 'x4')
d1 syncs
d0 settles phone of person p0 with 1
d0 syncs
d1 syncs
tells d0 settles c-1-p0-3-3
