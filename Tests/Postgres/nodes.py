"""Several hub nodes on one private PostgreSQL, behind a load balancer that takes turns: what demo-postgres and the test
of lost connections run on."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

SERVER = pathlib.Path(__file__).resolve().parent / "server.sh"
ENVIRONMENT = {**os.environ, "no_proxy": "*", "NO_PROXY": "*"}
for name in ("RELAY_DATA", "RELAY_STORE"):
    ENVIRONMENT.pop(name, None)


def pump(source, target):
    """Carries bytes one way until either end is gone."""
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def connect(port):
    """A node has five seconds to take a connection; how long an answer takes is its own affair."""
    end = socket.create_connection(("127.0.0.1", port), 5)
    end.settimeout(None)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return end


class Relay:
    """Takes connections and carries each to the first of `targets()` that answers; `cut` drops all, and takes no more
    until `heal`."""

    def __init__(self, listener, targets):
        self.listener, self.targets, self.is_cut, self.dropped, self.pairs = listener, targets, False, 0, []
        self.listener.listen(256)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        if self.is_cut:
            self.dropped += 1
            return client.close()
        for connect in self.targets():
            try:
                server = connect()
            except OSError:
                continue
            pair = (client, server)
            self.pairs.append(pair)
            threading.Thread(target=pump, args=(server, client), daemon=True).start()
            pump(client, server)
            self.pairs.remove(pair)
            client.close()
            return server.close()
        client.close()

    def cut(self):
        self.is_cut = True
        for pair in list(self.pairs):
            self.dropped += 1
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def heal(self):
        self.is_cut = False


class Database:
    """A PostgreSQL of its own on a socket in a folder of its own."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="relay-postgres-", dir="/tmp"))
        self.start()

    def server(self, verb):
        subprocess.run([SERVER, verb, self.folder], check=True)

    def start(self):
        self.server("start")

    def crash(self):
        self.server("crash")

    def close(self):
        try:
            self.server("stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def socket(self):
        return self.folder / ".s.PGSQL.5432"

    def url(self, folder=None):
        return f"postgresql:///postgres?host={folder or self.folder}&user=relay"

    def ask(self, sql):
        return subprocess.run(["psql", "-X", "-A", "-t", "-q", self.url(), "-c", sql], check=True, capture_output=True,
                              text=True).stdout.strip()


class Node:
    """A relay-server whose way to the database can be cut, unless it is direct."""

    def __init__(self, name, database, folder, program, is_direct):
        self.name, self.folder, self.program, self.port, self.process = name, folder, program, 0, None
        way = pathlib.Path(tempfile.mkdtemp(prefix="relay-way-", dir="/tmp"))
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(way / ".s.PGSQL.5432"))

        def connect():
            end = socket.socket(socket.AF_UNIX)
            end.connect(str(database.socket))
            return end

        self.way, self.line = way, Relay(listener, lambda: [connect])
        self.url = database.url() if is_direct else database.url(way)

    def serve(self):
        port_file = self.folder / f"{self.name}.port"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [self.program, "serve", "--store", self.url, "--listen", f"127.0.0.1:{self.port}", "--port-file", port_file],
            stdout=subprocess.DEVNULL, stderr=open(self.folder / f"{self.name}.log", "a"), env=ENVIRONMENT)
        for _ in range(1500):
            if port_file.exists() and port_file.read_text().strip():
                self.port = int(port_file.read_text())
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} does not serve; see {self.folder / self.name}.log")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.way, ignore_errors=True)


class Nodes:
    """Three nodes and their balancer."""

    def __init__(self, folder, program, count=3, is_direct=False):
        self.program, self.database = program, Database()
        self.nodes = [Node(f"node{at + 1}", self.database, folder, program, is_direct) for at in range(count)]
        self.turn = 0
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.balancer = Relay(listener, self.targets)

    def targets(self):
        """Connections to the nodes, the next one first."""
        self.turn += 1
        order = [self.nodes[(self.turn + at) % len(self.nodes)] for at in range(len(self.nodes))]
        return [lambda port=node.port: connect(port) for node in order]

    def call(self, *arguments):
        done = subprocess.run([self.program, *arguments, "--store", self.database.url()], capture_output=True, text=True,
                              env=ENVIRONMENT)
        if done.returncode:
            raise RuntimeError(f"relay-server {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout.strip()

    def serve(self):
        for node in self.nodes:
            node.serve()

    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        for node in self.nodes:
            node.stop()
        self.database.close()
