# SPDX-License-Identifier: GPL-2.0-only
"""Samples as pcapng, read by tshark: `sample save`, and the sensor's ring of files."""

import contextlib
import datetime
import os
import shutil
import signal
import subprocess

from netns import WAIT_SECONDS, call, stop, wait_for
from pcapng import processes, times, tshark
from sandbox import PROGRAM
from test_headers import open_tun  # noqa: F401 (a fixture)
from test_robust import UNLIMITED
from test_sample import NAME, Reader, hold, watch
from wire import IP, SENSOR4, UDP, spoofed, tcp4, tcp6, udp4, udp6

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
COMMUNITY_ID = ("--enable-protocol", "communityid")


def save(sandbox, count, *words, path=None):
    path = path or sandbox.directory / "saved.pcapng"
    return path, Reader(sandbox, "sample", "save", str(path), "count", str(count), *words)


def test_wireshark_finds_interface_direction_process_and_comment(sandbox):
    process = hold(sandbox)
    sandbox.start()
    path, reader = save(sandbox, 3)
    sandbox.wire.send(tcp4(3409), udp6(3410))
    reader.wait()
    rows = tshark(path, "frame.interface_name", "frame.packet_flags_direction", "ip.src",
                  "tcp.dstport", "frame.comment")
    syn, synack = rows[:2]
    assert len(rows) == 3 and {row[0] for row in rows} == {"sensor0"}
    assert (int(syn[1], 16), *syn[2:4]) == (1, "192.0.2.2", "3409")
    assert (int(synack[1], 16), *synack[2:4]) == (2, "192.0.2.1", "40000")
    assert syn[4].startswith("verdict listening, answered, quality ")
    assert f'process "nc" pid {process.pid}' in syn[4]
    assert processes(path)[0] == (process.pid, 0)


def test_the_octets_the_lengths_and_the_time_are_the_packet_s(sandbox):
    sandbox.start("--snap-length", "64")
    path, reader = save(sandbox, 1, "direction", "in")
    sample = watch(sandbox, "count", "1", "direction", "in")
    frame = udp4(3409, payload=b"x" * 500)
    sandbox.wire.send(frame)
    reader.wait()
    sample.wait()
    assert tshark(path, "frame.len", "frame.cap_len") == [(str(len(frame)), "64")]
    assert frame[:64] in path.read_bytes()
    told = datetime.datetime.fromisoformat(sample.objects()[0]["@timestamp"].rstrip("Z") + "+00:00")
    assert times(path)[0] // 1000 == (told - EPOCH) // datetime.timedelta(microseconds=1)


def test_what_nobody_owns_has_no_process(sandbox):
    sandbox.start()
    path, reader = save(sandbox, 1)
    sandbox.wire.send(tcp4(3409))
    reader.wait()
    (comment,), = tshark(path, "frame.comment")
    assert comment.startswith("verdict closed, refused by the kernel")
    assert comment.endswith(", quality none, looks like scapy")
    assert processes(path) == [None]


def test_a_device_without_ethernet_is_raw_ip(sandbox, tun):
    sandbox.start(interfaces=("sensor0", "tun0"))
    path, reader = save(sandbox, 2, "direction", "in")
    os.write(tun, bytes(IP(src="198.51.100.2", dst="198.51.100.1") / UDP(dport=3409)))
    wait_for("it is seen", lambda: sandbox.packets(3409) == 1)
    sandbox.wire.send(udp4(3410))
    reader.wait()
    rows = tshark(path, "frame.interface_name", "frame.protocols", "udp.dstport")
    assert [row[0] for row in rows] == ["tun0", "sensor0"]
    assert rows[0][1].startswith("raw:ip:udp") and rows[0][2] == "3409"
    assert rows[1][1].startswith("eth:") and rows[1][2] == "3410"


def test_its_own_file_of_two_link_types_is_replayed(sandbox, tun):
    sandbox.start(interfaces=("sensor0", "tun0"))
    path, reader = save(sandbox, 3)
    os.write(tun, bytes(IP(src="198.51.100.2", dst="198.51.100.1") / UDP(dport=3409)))
    wait_for("it is seen", lambda: sandbox.packets(3409) == 1)
    sandbox.wire.send(tcp4(3410))
    reader.wait()  # the datagram's refusal leaves as well
    answer = sandbox.cli("replay", str(path))
    assert answer["frames"] == 3
    assert {(row["interface"], row["direction"], row["role"], row["port"])
            for row in answer["counters"]} == {("tun0", "in", "to", 3409),
                                               ("tun0", "out", "to", 3409),
                                               ("sensor0", "in", "to", 3410)}
    assert {alert["event"]["action"] for alert in answer["alerts"]} == {"probe"}


def test_standard_output_is_a_stream_for_wireshark(sandbox):
    sandbox.start()
    saver = sandbox.here.start(PROGRAM, "-n", sandbox.instance, "sample", "save", "-", "count",
                               "2", "direction", "in", stdout=subprocess.PIPE)
    wait_for("it reads", lambda: sandbox.status()["sample_readers"] == 1)
    sandbox.wire.send(tcp4(3409), tcp6(3410))
    octets = saver.communicate(timeout=WAIT_SECONDS)[0]
    assert saver.returncode == 0
    done = subprocess.run(["tshark", "-n", "-r", "-", "-T", "fields", "-e", "tcp.dstport"],
                          check=True, input=octets, capture_output=True)
    assert done.stdout.split() == [b"3409", b"3410"]


def test_a_signal_ends_a_file_that_is_whole(sandbox):
    sandbox.start()
    path = sandbox.directory / "saved.pcapng"
    path.write_bytes(b"what was there before" * 1000)
    reader = Reader(sandbox, "sample", "save", str(path))
    sandbox.wire.send(tcp4(3409))
    wait_for("the packet is in the file", lambda: tshark(path, "frame.number"))
    assert stop(reader.process, signal.SIGINT) == 0
    assert "packets  " in reader.output.read_text()
    assert tshark(path, "tcp.dstport")[0] == ("3409",)


def test_a_full_disk_is_told(sandbox):
    sandbox.start()
    done = sandbox.run("sample", "save", "/dev/full")
    assert done.returncode == 1 and "No space left" in done.stderr


def test_a_hostile_name_is_one_line_of_comment(sandbox):
    program = os.fsencode(sandbox.directory) + b"/" + NAME
    shutil.copy(shutil.which("nc"), program)
    process = hold(sandbox, program=program)
    sandbox.start()
    path, reader = save(sandbox, 1)
    sandbox.wire.send(tcp4(3409))
    reader.wait()
    octets = path.read_bytes()
    comment = octets[octets.index(b"verdict "):octets.index(b'", looks like')].decode()
    assert comment.isascii() and comment.isprintable()
    assert f'process "n\\"\\n\\x1b[31m\\\\\\xff\\xc2\\x9b" pid {process.pid}, exe "/' in comment
    assert len(tshark(path, "frame.comment")) == 1


def test_the_community_id_is_wireshark_s(sandbox):
    sandbox.start("--per-peer", "none")
    path, saver = save(sandbox, 8)
    reader = watch(sandbox, "count", "8")
    sandbox.wire.send(tcp4(3409), tcp4(3409, sport=80), tcp6(3409), tcp6(3410, sport=65535))
    saver.wait()
    reader.wait()
    own = [sample["network"]["community_id"] for sample in reader.objects()]
    assert own == [row[0] for row in tshark(path, "communityid", options=COMMUNITY_ID)]
    assert len(set(own)) == 4  # each answer has its question's


def test_the_community_id_of_datagrams_is_wireshark_s_and_icmp_has_none(sandbox):
    sandbox.start("--per-peer", "none")
    path, saver = save(sandbox, 4)
    reader = watch(sandbox, "count", "4")
    sandbox.wire.send(udp4(3409), udp6(3409))
    saver.wait()
    reader.wait()
    kinds = [sample["portsentinel"]["kind"] for sample in reader.objects()]
    assert sorted(kinds) == ["icmp", "icmp", "udp", "udp"]
    own = [sample["network"].get("community_id") for sample in reader.objects()]
    theirs = [row[0] for row in tshark(path, "communityid", options=COMMUNITY_ID)]
    for kind, mine, other in zip(kinds, own, theirs):
        assert mine == (other if kind == "udp" else None)


def test_the_community_id_stands_in_alerts(sandbox):
    sandbox.start()
    path, saver = save(sandbox, 1)
    sandbox.wire.send(tcp6(3409))
    saver.wait()
    alert = sandbox.wait_alert(event_action="probe")
    assert (alert["network"]["community_id"],) == \
        tshark(path, "communityid", options=COMMUNITY_ID)[0]


def ring(sandbox):
    return sorted(sandbox.directory.glob("ring_*.pcapng"))


def pcap_status(sandbox):
    return [sink for sink in sandbox.status()["sinks"] if sink["kind"] == "pcap"][0]


def test_the_sensor_keeps_a_ring_of_files(sandbox):
    sandbox.start(*UNLIMITED, "--pcap", str(sandbox.directory / "ring.pcapng"),
                  "--pcap-max-size", "64K", "--pcap-files", "3")
    assert not ring(sandbox)
    sandbox.wire.send(*spoofed(3000))
    sandbox.wait_packets(3409, 3000)
    sampled = sandbox.accounting()["sampled"]
    wait_for("all are written", lambda: pcap_status(sandbox)["sent"] == sampled)
    files = ring(sandbox)
    assert len(files) == 3 and pcap_status(sandbox)["dropped"] == 0
    numbers = [int(path.name.split("_")[1]) for path in files]
    assert numbers == list(range(numbers[0], numbers[0] + 3)) and numbers[0] > 1
    for path in files:
        assert path.stat().st_size <= 64 << 10
        rows = tshark(path, "frame.interface_name", "udp.dstport")
        assert rows and {row[0] for row in rows} == {"sensor0"}
    frame = tshark(files[-1], "ip.src", options=("-Y", "udp && !icmp"))[-1]
    assert frame == ("10.11.184.0",)  # the last of the 3000


def test_a_file_that_was_moved_away_is_followed_by_the_next(sandbox):
    sensor = sandbox.start("--pcap", str(sandbox.directory / "ring.pcapng"))
    sandbox.wire.send(tcp4(3409))
    first = wait_for("a file", lambda: ring(sandbox))[0]
    first.rename(sandbox.directory / "moved.pcapng")
    sensor.send_signal(signal.SIGHUP)
    wait_for("it reloads", lambda: len([line for line in sensor.lines()
                                        if "watching ports" in line]) == 2)
    sandbox.wire.send(udp4(3410))
    second = wait_for("the next file", lambda: ring(sandbox))[0]
    assert second.name.startswith("ring_00002_")
    wait_for("the packet", lambda: ("3410",) in tshark(second, "udp.dstport"))
    assert ("3409",) in tshark(sandbox.directory / "moved.pcapng", "tcp.dstport")


def test_a_directory_that_is_not_there_is_a_fault(sandbox):
    sensor = sandbox.launch("--syslog", "none", "--interfaces", "sensor0", "--pcap",
                            str(sandbox.directory / "no" / "ring.pcapng"))
    assert sensor.process.wait(WAIT_SECONDS) == 1
    assert "No such file" in sensor.complaints()


@contextlib.contextmanager
def small_disk(directory):
    directory.mkdir()
    call("mount", "-t", "tmpfs", "-o", "size=96k", "none", str(directory))
    try:
        yield directory
    finally:
        call("umount", "-l", str(directory))


def test_a_full_disk_is_told_and_tried_again(sandbox):
    with small_disk(sandbox.directory / "disk") as disk:
        sandbox.start(*UNLIMITED, "--pcap", str(disk / "ring.pcapng"), "--pcap-files", "1")
        sandbox.wire.send(*spoofed(1500))
        sandbox.wait_packets(3409, 1500)
        status = wait_for("it is full", lambda: pcap_status(sandbox)["dropped"] and
                          pcap_status(sandbox))
        assert "No space left" in status["state"]
        files = list(disk.iterdir())
        assert len(files) == 1 and len(tshark(files[0], "frame.number")) == status["sent"]
        call("mount", "-o", "remount,size=1m", str(disk))

        def again():
            sandbox.wire.send(udp4(3410, source=SENSOR4.replace(".1", ".9")))
            return pcap_status(sandbox)["state"] == "open"

        wait_for("it writes again", again, pause=0.3)
        assert ("3410",) in tshark(files[0], "udp.dstport")
