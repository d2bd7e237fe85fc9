#!/usr/bin/env python3
"""When a browser's packets leave: times and sizes of UDP datagrams to one port, from a raw socket on
one interface, as one JSON object. bench_browser.mjs starts it.

    times.py INTERFACE PORT SECONDS
"""
import json
import socket
import struct
import sys
import time

SO_TIMESTAMPNS = 35


def main():
    interface, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    # A socket for IPv4 alone sees what arrives only, so on lo each packet once.
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    s.bind((interface, 0))
    s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    s.settimeout(0.2)
    packets, end = [], time.time() + seconds
    while time.time() < end:
        try:
            data, control, _, _ = s.recvmsg(2048, 200)
        except socket.timeout:
            continue
        if data[9] != socket.IPPROTO_UDP:
            continue
        head = (data[0] & 15) * 4
        to, length = struct.unpack("!HH", data[head + 2:head + 6])
        rtp = data[head + 8:head + 20]
        if to != port or len(rtp) < 12 or rtp[0] >> 6 != 2 or 192 <= rtp[1] <= 223:
            continue
        sec, nsec = struct.unpack("qq", control[0][2])
        packets.append({"us": sec * 1000000 + nsec // 1000, "bytes": length - 8,
                        "timestamp": struct.unpack("!I", rtp[4:8])[0],
                        "ssrc": struct.unpack("!I", rtp[8:12])[0]})
    json.dump(packets, sys.stdout)


main()
