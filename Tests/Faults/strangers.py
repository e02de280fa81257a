"""What may stand where a hub was expected."""
import socket
import ssl
import subprocess
import threading

PAGE = b"<html>Welcome to our network</html>"


def page(status, *headers, body=PAGE, kind=b"text/html"):
    """An answer of HTTP/1.1."""
    lines = [b"HTTP/1.1 " + status, b"Content-Type: " + kind, b"Content-Length: %d" % len(body), *headers, b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Listener:
    """Listens on a port of its own, and lets `meet` have each connection, in a thread of its own."""

    scheme = "http"

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def address(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.meet, args=(peer,), daemon=True).start()

    def close(self):
        self.listener.close()


class Stranger(Listener):
    """Answers every connection with the same bytes; without any it hangs up, with None it never answers."""

    def __init__(self, answer, context=None):
        self.answer, self.context, self.held = answer, context, []
        if context:
            self.scheme = "https"
        super().__init__()

    def meet(self, peer):
        try:
            if self.context:
                peer = self.context.wrap_socket(peer, server_side=True)
            peer.recv(65536)
            if self.answer is None:
                return self.held.append(peer)
            peer.sendall(self.answer)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass
        except OSError:
            pass
        peer.close()

    def close(self):
        super().close()
        for peer in self.held:
            peer.close()


class Authority:
    """Vouches for this machine, with the `openssl` command."""

    def __init__(self, folder, name="authority"):
        self.folder, self.certificate, self.key = folder, folder / f"{name}.pem", folder / f"{name}.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                     f"/CN={name}", "-keyout", self.key, "-out", self.certificate)

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    def server(self, name, first="20250101000000Z", last="20990101000000Z"):
        """How a server shows a certificate that holds between two days."""
        at = self.folder / name
        at.mkdir()
        (at / "index").write_text("")
        (at / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        (at / "ca.cnf").write_text(
            f"[ca]\ndefault_ca=a\n[a]\ndatabase={at}/index\nnew_certs_dir={at}\nrand_serial=yes\ndefault_md=sha256\n"
            "policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout",
                     at / "key", "-out", at / "request")
        self.openssl("ca", "-batch", "-config", at / "ca.cnf", "-cert", self.certificate, "-keyfile", self.key, "-in",
                     at / "request", "-startdate", first, "-enddate", last, "-extfile", at / "names", "-out", at / "certificate")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(at / "certificate", at / "key")
        return context


def read_message(end):
    """One message of HTTP/1.1 with a length; None at the end of the line."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := end.recv(65536)):
            return None
        data += piece
    lines = data[:data.index(b"\r\n\r\n")].lower().split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
    whole = data.index(b"\r\n\r\n") + 4 + length
    while len(data) < whole:
        if not (piece := end.recv(65536)):
            return None
        data += piece
    return data
