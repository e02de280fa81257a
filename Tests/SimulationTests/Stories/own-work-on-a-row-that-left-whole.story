# Found as seed 1249. A row that left whole and was written anew does not show what the device had once written to it. Who
# changes it again has not seen that: the visit v3 brings p1 no more to life than a stranger's would.
schema 0
device d0 field *
device d1 field u1 u2 u3
d1: INSERT INTO person (id, unit, phone, guests, tags) VALUES ('p1', 'u2', 'x1', 0, '["a"]')
d0: INSERT INTO person (id, unit, phone, guests, tags) VALUES ('p3', 'u1', 'x2', 2, '["a"]')
d1 syncs
d0 syncs
d1 syncs
d1: DELETE FROM person WHERE id = 'p1'
d1 shell: INSERT INTO person (id, unit, phone, guests, tags) VALUES ('p1', 'u3', 'x10', 2, '["a"]')
d1: INSERT INTO visit VALUES ('v0', 'p1', 'x15')
d1 shell: DELETE FROM visit WHERE id = 'v0'
d1 syncs
d1 is granted field
d1 syncs
d1: INSERT INTO person (id, unit, phone, guests, tags) VALUES ('p3', 'u2', 'x24', 0, '["a"]')
d1: INSERT INTO visit VALUES ('v0', 'p3', 'x26')
d1: INSERT INTO person (id, unit, phone, guests, tags) VALUES ('p1', 'u2', 'x28', 2, '["a"]')
d1: INSERT INTO visit VALUES ('v3', 'p1', 'x32'); UPDATE visit SET note = 'x33' WHERE id = 'v0'
d1 syncs
tells hub 10: d1 9 ok, at 6 seeing 6...8: v0 at 0; v3 at 0, its parent at 0
