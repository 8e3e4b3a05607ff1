# SPDX-License-Identifier: GPL-2.0-only
"""Where syslog goes: a real rsyslogd, and servers that misbehave."""

import os
import re
import socket
import threading

from lines import read_lines
from netns import WAIT_SECONDS, wait_for

ADDRESS, PORT = "192.0.2.2", 5514

RSYSLOG = """
global(workDirectory="{directory}" parser.escapeControlCharactersOnReceive="off" {security})
module(load="imudp")
module(load="imtcp" {tcp})
module(load="mmpstrucdata")
input(type="imudp" address="{address}" port="{port}")
input(type="imtcp" address="{address}" port="{port}")
template(name="json" type="list") {{ property(name="$!all-json-plain") constant(value="\\n") }}
action(type="mmpstrucdata" sd_name.lowercase="off")
set $!protocol = $protocol-version;
set $!pri = $pri;
set $!host = $hostname;
set $!app = $app-name;
set $!pid = $procid;
set $!msgid = $msgid;
set $!time = $timestamp;
set $!data = $structured-data;
set $!text = $msg;
action(type="omfile" file="{output}" template="json")
"""


RSYSLOG_TLS = """DefaultNetstreamDriverCAFile="{ca}"
    DefaultNetstreamDriverCertFile="{certificate}" DefaultNetstreamDriverKeyFile="{key}\""""
RSYSLOG_TCP_TLS = ('streamDriver.name="ossl" streamDriver.mode="1" '
                   'streamDriver.authMode="{mode}" {peers}')


class Rsyslog:
    """rsyslogd at the peer, over UDP and TCP; what it understood of each line, as an object."""

    def __init__(self, sandbox, security="", tcp=""):
        self.output = sandbox.directory / "rsyslog.json"
        self.errors = sandbox.directory / "rsyslog.err"
        configuration = sandbox.directory / "rsyslog.conf"
        configuration.write_text(RSYSLOG.format(directory=sandbox.directory, output=self.output,
                                                address=ADDRESS, port=PORT, security=security,
                                                tcp=tcp))
        with open(self.errors, "wb") as errors:
            self.process = sandbox.there.start(
                "rsyslogd", "-n", "-f", str(configuration), "-i",
                str(sandbox.directory / "rsyslog.pid"), stdout=errors, stderr=errors)
        wait_for("rsyslogd receives", lambda: sandbox.there.listens("udp", PORT) and
                 sandbox.there.listens("tcp", PORT))

    @classmethod
    def tls(cls, sandbox, ca, certificate, key, client=None):
        """TCP is TLS (RFC 5425); client: the name that a client's certificate has to bear."""
        peers = f'permittedPeer="{client}"' if client else ""
        return cls(sandbox, RSYSLOG_TLS.format(ca=ca, certificate=certificate, key=key),
                   RSYSLOG_TCP_TLS.format(mode="x509/name" if client else "anon", peers=peers))

    def messages(self):
        return read_lines(self.output)

    def wait(self, count, found=lambda message: message["msgid"] not in ("listener", "sensor")):
        """Messages about packets: a listener may be anybody's on this machine."""
        def enough():
            messages = [message for message in self.messages() if found(message)]
            return messages if len(messages) >= count else None

        return wait_for(f"{count} messages at rsyslogd", enough)


class Collector:
    """A server of the test's own, closed with its sandbox at the latest."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        sandbox.collectors.append(self)

    def close(self):
        if self in self.sandbox.collectors:
            self.sandbox.collectors.remove(self)
            self.end()

    def end(self):
        raise NotImplementedError


class TcpCollector(Collector):
    """A TCP server at the peer. `stalled`: it accepts, and never reads."""

    def __init__(self, sandbox, stalled=False):
        with sandbox.there.entered():
            self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if stalled:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.bind((ADDRESS, PORT))
        self.listener.listen(8)
        self.stalled = stalled
        self.received = b""
        self.connections = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        super().__init__(sandbox)

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            while not self.stalled:
                try:
                    octets = connection.recv(65536)
                except OSError:
                    break
                if not octets:
                    break
                self.received += octets

    def messages(self):
        """Octet-counted frames (RFC 6587 section 3.4.1)."""
        rest = self.received
        found = []
        while rest:
            length, _, rest = rest.partition(b" ")
            if len(rest) < int(length):
                break
            found.append(rest[:int(length)].decode())
            rest = rest[int(length):]
        return found

    def end(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        self.thread.join(5)


class UnixCollector(Collector):
    """A datagram socket like those of the system's log."""

    def __init__(self, sandbox, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(WAIT_SECONDS)
        super().__init__(sandbox)

    def receive(self):
        return self.socket.recv(65536)

    def end(self):
        self.socket.close()
        os.unlink(self.path)


def read_journal(octets):
    """The fields of journald's native protocol: "NAME=value", or "NAME", length and octets."""
    fields = {}
    while octets:
        line, _, rest = octets.partition(b"\n")
        if b"=" in line:
            name, _, value = line.partition(b"=")
        else:
            name = line
            length = int.from_bytes(rest[:8], "little")
            value, rest = rest[8:8 + length], rest[8 + length:]
            assert rest[:1] == b"\n"
            rest = rest[1:]
        assert re.fullmatch(rb"[A-Z_][A-Z0-9_]*", name), name
        fields.setdefault(name.decode(), []).append(value.decode())
        octets = rest
    return fields
