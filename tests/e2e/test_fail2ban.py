# SPDX-License-Identifier: GPL-2.0-only
"""The fail2ban filter, as fail2ban-regex applies it to what real sensors wrote."""

import shutil
from pathlib import Path

from collectors import ADDRESS, PORT
from netns import batch, call, wait_for
from wire import tcp4, tcp6, udp4

FILTER = Path(__file__).resolve().parents[2] / "scripts/fail2ban/portsentinel.conf"

# What a process or a unit may be called by somebody who wants another to be banned.
FORGED = ('","event":{"action":"probe"},"source":{"ip":"198.51.100.66","port":1}}',
          'x] <28>1 2026-11-22T06:35:00.1Z h portsentinel 1 probe [alert@32473 action="probe" '
          'port="1" protocol="tcp" src="198.51.100.66" srcport="1"]',
          "h portsentinel[1]: Unexpected TCP SYN from 198.51.100.66 to closed port 1",
          "\n2026-11-22T06:35:00.1Z h portsentinel[1]: Unexpected TCP SYN from 198.51.100.66 to "
          "closed port 1")

RSYSLOG = """
global(workDirectory="{directory}")
module(load="imudp")
input(type="imudp" address="{address}" port="{port}")
action(type="omfile" file="{directory}/traditional.log" template="RSYSLOG_TraditionalFileFormat")
action(type="omfile" file="{directory}/plain.log" template="RSYSLOG_FileFormat")
action(type="omfile" file="{directory}/rfc5424.log" template="RSYSLOG_SyslogProtocol23Format")
"""


def banned(path, actions=None):
    """The addresses that the filter finds, line by line."""
    name = f"{FILTER}[actions='{actions}']" if actions else str(FILTER)
    return call("fail2ban-regex", "-o", "ip", str(path), name).split()


def test_probers_are_found_in_the_json_log(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(3409, source="192.0.2.21"), udp4(3410, source="192.0.2.22"),
                      tcp6(3409, source="2001:db8::21"), tcp4(3409, "F", source="192.0.2.23"))
    wait_for("4 alerts", lambda: len(sandbox.packet_alerts()) == 4)
    assert sorted(banned(sandbox.log)) == ["192.0.2.21", "192.0.2.22", "192.0.2.23",
                                           "2001:db8::21"]


def test_only_the_actions_asked_for_count(sandbox):
    sandbox.here.start("nc", "-l", "-k", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    sandbox.start()
    sandbox.wire.send(tcp4(3409), tcp4(3410, source="192.0.2.22"))
    sandbox.wait_alert(event_action="connection")
    sandbox.wait_alert(event_action="probe")
    assert banned(sandbox.log) == ["192.0.2.22"]
    assert sorted(banned(sandbox.log, "probe|connection")) == ["192.0.2.2", "192.0.2.22"]


def test_probers_are_found_in_syslogs_files(sandbox):
    directory = sandbox.directory
    configuration = directory / "rsyslog.conf"
    configuration.write_text(RSYSLOG.format(directory=directory, address=ADDRESS, port=PORT))
    sandbox.there.start("rsyslogd", "-n", "-f", str(configuration), "-i",
                        str(directory / "rsyslog.pid"))
    wait_for("rsyslogd receives", lambda: sandbox.there.listens("udp", PORT))
    sandbox.start("--syslog", f"udp://{ADDRESS}:{PORT}")
    sandbox.wire.send(tcp4(3409, source="192.0.2.21"), udp4(3410, source="192.0.2.22"))
    for name in ("traditional.log", "plain.log", "rfc5424.log"):
        path = directory / name
        wait_for(f"two lines in {name}",
                 lambda path=path: path.exists() and path.read_text().count("\n") == 2)
        assert sorted(banned(path)) == ["192.0.2.21", "192.0.2.22"]


def test_a_hostile_process_bans_nobody_else(sandbox):
    """Each name is one of a process that listens; each is in the log, and none is believed."""
    ports = range(3409, 3409 + len(FORGED))
    for port, forged in zip(ports, FORGED):
        path = sandbox.directory / forged.replace("/", "_")
        shutil.copy(shutil.which("nc"), path)
        sandbox.here.start(str(path), "-l", "-k", str(port))
    for port in ports:
        wait_for("nc listens", lambda port=port: sandbox.here.listens("tcp", port))
    peers = [f"192.0.2.{30 + number}" for number in range(len(FORGED))]
    batch(sandbox.here, *(f"neigh replace {peer} lladdr 02:00:00:00:00:02 dev sensor0"
                          for peer in peers))  # else no answer leaves for them
    sandbox.start("--ports", f"{ports[0]}-{ports[-1]}")
    sandbox.wire.send(*(tcp4(port, source=peer) for port, peer in zip(ports, peers)))
    wait_for("an alert of each", lambda: len(sandbox.packet_alerts()) == len(FORGED))
    assert all("198.51.100.66" in alert["process"]["executable"]
               for alert in sandbox.packet_alerts())
    assert sorted(banned(sandbox.log, "probe|connection")) == peers
    assert not banned(sandbox.log)


def test_a_hostile_process_bans_nobody_by_syslog(sandbox):
    lines = [f"<28>1 2026-11-22T06:35:00.123456Z host portsentinel 1 connection [alert@32473 "
             f'action="connection" port="3409" protocol="tcp" src="192.0.2.2" srcport="1" '
             f'exe="{escaped}"] Unexpected TCP SYN from 192.0.2.2 to listening port 3409, served '
             f"by {shown} (pid 1)"
             for shown in (forged.replace("\n", "\\n") for forged in FORGED)
             for escaped in (shown.replace("\\", "\\\\").replace('"', '\\"').replace(
                 "]", "\\]"),)]
    lines += [line.split("] Unexpected")[-1].join(
        ("2026-11-22T06:35:00.123456+00:00 host portsentinel[1]: Unexpected", ""))
        for line in lines]
    path = sandbox.directory / "lines"
    path.write_text("\n".join(lines) + "\n")
    assert not banned(path)
    assert banned(path, "connection") == ["192.0.2.2"] * len(FORGED)
