"""A line between devices and a hub that knows the messages on it and does to them what broken networks do."""
import socket
import threading
import time

from strangers import Listener, read_message


class Line(Listener):
    """Passes on, until `fault` is set: a function that is given this line, the device's end, the hub's end and a request, and answers
    whether both ends go on. What it did is counted in `happened`."""

    def __init__(self, hub):
        self.hub, self.fault, self.happened, self.answers, self.sizes = hub, None, 0, [], (0, 0)
        self.lock, self.held = threading.Lock(), threading.Event()
        super().__init__()

    def meet(self, device):
        try:
            with device, socket.create_connection(("127.0.0.1", self.hub)) as hub:
                while (request := read_message(device)) is not None:
                    fault = self.fault or Line.pass_on
                    if not fault(self, device, hub, request):
                        return
        except (OSError, TypeError):
            # The hub or the device hung up in the middle.
            pass

    def ask(self, hub, request):
        """What the hub answers; kept for faults that mix answers up."""
        hub.sendall(request)
        answer = read_message(hub)
        with self.lock:
            self.answers.append(answer)
            self.sizes = (len(request), len(answer))
        return answer

    def pass_on(self, device, hub, request):
        device.sendall(self.ask(hub, request))
        return True

    def count(self):
        with self.lock:
            self.happened += 1
            return self.happened


def once(fault):
    """The first request meets it; those that come again get through."""
    def first(line, device, hub, request):
        if line.happened:
            return line.pass_on(device, hub, request)
        line.count()
        return fault(line, device, hub, request)
    return first


def cut_request(at):
    def fault(line, device, hub, request):
        hub.sendall(request[:at])
        return False
    return once(fault)


def cut_answer(at):
    def fault(line, device, hub, request):
        device.sendall(line.ask(hub, request)[:at])
        return False
    return once(fault)


def flip(at, bit):
    """One bit of an answer's body; TLS would notice, a proxy that ends TLS does not."""
    def fault(line, device, hub, request):
        answer = bytearray(line.ask(hub, request))
        start = answer.index(b"\r\n\r\n") + 4
        if start < len(answer):
            answer[start + at % (len(answer) - start)] ^= 1 << bit
        device.sendall(answer)
        return False
    return once(fault)


def twice(line, device, hub, request):
    """The request arrives twice, the second time over another connection; the device gets the second answer."""
    line.count()
    line.ask(hub, request)
    with socket.create_connection(("127.0.0.1", line.hub)) as other:
        device.sendall(line.ask(other, request))
    return True


def every_second_lost(line, device, hub, request):
    answer = line.ask(hub, request)
    if line.count() % 2:
        return False
    device.sendall(answer)
    return True


def late(line, device, hub, request):
    """What is asked arrives a second time when later requests were answered already."""
    line.count()
    answer = line.ask(hub, request)

    def again():
        time.sleep(1.5)
        try:
            with socket.create_connection(("127.0.0.1", line.hub)) as other:
                other.sendall(request)
                read_message(other)
        except OSError:
            pass

    threading.Thread(target=again).start()
    device.sendall(answer)
    return True


def answer_before(line, device, hub, request):
    """Each device gets the answer that the line carried before, whosever that was."""
    before = line.answers[-1] if line.answers else None
    answer = line.ask(hub, request)
    if before is None or line.happened > 2:
        device.sendall(answer)
        return True
    line.count()
    device.sendall(before)
    return True


def repeats(line, device, hub, request):
    """Every request gets the last answer that the line carried before."""
    device.sendall(line.answers[-1])
    return True


def hole(seconds, up=False):
    """Nothing passes for a while, in one direction; then the connection is gone."""
    def fault(line, device, hub, request):
        if not up:
            line.ask(hub, request)
        time.sleep(seconds)
        return False
    return once(fault)


def held(line, device, hub, request):
    """The answer waits until the test lets it go."""
    answer = line.ask(hub, request)
    line.count()
    line.held.wait(60)
    device.sendall(answer)
    return True
