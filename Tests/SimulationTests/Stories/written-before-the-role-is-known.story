# A device that has not heard yet what it may read gives every column; it comes out by its first answer that it may not read
# one of them, and by then the office has changed its mind. What it gave by default there is its own value: it may write it.
schema 0
device d0 field *
device d1 blind u1 u2
d1 shell: INSERT INTO person (id, unit, phone, guests, tags) VALUES ('p5', 'u1', 'x1', 1, '["a"]')
d1 is granted field u2
d1 syncs
tells hub 1: d1 1 ok, at 0 seeing : p5 at 0
