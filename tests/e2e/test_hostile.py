# SPDX-License-Identifier: GPL-2.0-only
"""Names that a local process chose must not forge a field, a line or a terminal's state."""

import shutil

import pytest
from collectors import ADDRESS, PORT, Rsyslog, UnixCollector
from lines import whole_lines
from netns import wait_for
from test_syslog import RFC5424
from wire import tcp4

NAME = 'a"]\n<0>1 \x1b[31m\\'  # as a command's name, at most 15 octets
ARGUMENT = "x\n<0>1 - forged [alert@32473 action=\"none\"]\x07\x9b\udcff"


@pytest.fixture
def hostile(sandbox):
    """nc under a hostile name, listening on 3409; its path."""
    path = sandbox.directory / NAME
    shutil.copy(shutil.which("nc"), path)
    sandbox.here.start(str(path), "-l", "-k", "-I", "4096", "3409")
    wait_for("nc listens", lambda: sandbox.here.listens("tcp", 3409))
    return path


def assert_whole_lines(sandbox):
    """Each is an alert, and nothing in it ends a line elsewhere."""
    assert sandbox.alerts()
    assert all(line.splitlines() == [line] for line in whole_lines(sandbox.log))


def test_a_hostile_name_reaches_the_json_log_whole(sandbox, hostile):
    sandbox.start()
    sandbox.wire.send(tcp4(3409))
    alert = sandbox.wait_alert(event_action="connection")
    assert_whole_lines(sandbox)
    assert alert["process"]["name"] == NAME
    assert alert["process"]["executable"].endswith("/" + NAME)
    assert not any(ord(letter) < 32 for letter in alert["message"])


def test_a_hostile_name_is_one_message_to_a_unix_socket(sandbox, hostile):
    collector = UnixCollector(sandbox, sandbox.directory / "log")
    sandbox.start("--syslog", f"unix:{collector.path}")
    sandbox.wire.send(tcp4(3409))
    message = collector.receive().decode()
    collector.close()
    assert RFC5424.fullmatch(message)
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160
                   for letter in message.replace("\ufeff", ""))


@pytest.mark.parametrize("target", [f"udp://{ADDRESS}:{PORT}", f"tcp://{ADDRESS}:{PORT}"])
def test_rsyslogd_finds_no_forged_field(sandbox, hostile, target):
    collector = Rsyslog(sandbox)
    sandbox.start("--syslog", target)
    sandbox.wire.send(tcp4(3409))
    messages = collector.wait(1)
    assert len(messages) == 1
    message = messages[0]
    assert message["msgid"] == "connection" and message["pri"] == "28"
    data = message["rfc5424-sd"]["alert@32473"]
    assert data["action"] == "connection" and data["port"] == "3409"
    assert set(message["rfc5424-sd"]) == {"alert@32473"}


def test_a_hostile_name_does_not_reach_the_terminal(sandbox, hostile):
    sensor = sandbox.launch("--syslog", "none", "--interfaces", "sensor0").wait_ready(["sensor0"])
    sandbox.wire.send(tcp4(3409))
    wait_for("the alert's line", lambda: "192.0.2.2" in sensor.output.read_text())
    assert "\x1b" not in sensor.output.read_text()
    assert not any(line.startswith("<0>1") for line in sensor.lines())


def test_a_hostile_name_does_not_reach_the_terminal_by_owner_show(sandbox, hostile):
    sandbox.start()
    done = sandbox.run("owner", "show", inside=True)
    assert done.returncode == 0 and "3409" in done.stdout
    assert "\x1b" not in done.stdout
    assert not any(line.startswith("<0>1") for line in done.stdout.splitlines())


def test_hostile_arguments_are_escaped(sandbox):
    octets = ARGUMENT.encode("utf-8", "surrogateescape")
    sandbox.here.start("sh", "-c", "exec python3 -c '\nimport socket, time\n"
                       "s = socket.create_server((\"\", 3409))\ntime.sleep(1000)' \"$1\"", "sh",
                       octets)
    wait_for("it listens", lambda: sandbox.here.listens("tcp", 3409))
    collector = UnixCollector(sandbox, sandbox.directory / "log")
    sandbox.start("--syslog", f"unix:{collector.path}")
    sandbox.wire.send(tcp4(3409))
    assert RFC5424.fullmatch(collector.receive().decode())
    collector.close()
    alert = sandbox.wait_alert(event_action="connection")
    assert "forged" in alert["process"]["command_line"]
    assert_whole_lines(sandbox)


def test_a_payload_reaches_no_alert(sandbox):
    sandbox.start()
    sandbox.wire.send(tcp4(3409, "PA", payload=b"\x1b[31mforged\n<0>1 "))
    sandbox.wait_alert(event_action="probe")
    assert "forged" not in sandbox.log.read_text()


def test_a_command_line_of_64_kib_reaches_the_json_log_whole(sandbox):
    argument = "quote\" ]\n\x1b[31m" * 4096
    sandbox.start()
    process = sandbox.here.start(
        "python3", "-c", "import socket, time; s = socket.create_server(('', 3409)); "
        "time.sleep(1000)", argument)
    alert = sandbox.wait_alert(event_action="listener", process_pid=process.pid)
    assert alert["process"]["command_line"].endswith(" " + argument)
    assert_whole_lines(sandbox)
