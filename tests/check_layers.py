#!/usr/bin/env python3
"""Who may include whom, checked from the #include lines. The table is docs/architecture.md's."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# folder -> folders of hop that it may include, and outside headers (prefixes) beyond libc and POSIX
PROTOCOLS = ["net", "ice", "dtls", "srtp", "rtp", "codec", "bwe"]
LAYERS = {
    "media/base": ([], []),
    "media/net": (["media/base"], []),
    "media/ice": (["media/base"], ["openssl/"]),
    "media/dtls": (["media/base"], ["openssl/"]),
    "media/srtp": (["media/base"], ["openssl/", "srtp2/"]),
    "media/rtp": (["media/base"], []),
    "media/codec": (["media/base"], []),
    "media/bwe": (["media/base", "media/rtp", "media/codec"], []),
    "media/route": (["media/base", "media/rtp", "media/codec", "media/bwe"], []),
    "media/mix": (["media/base", "media/rtp"], ["opus/"]),
    "media/pipeline": (["media/base", "media/mix", "media/route"], ["gst/", "glib", "gmodule", "opus/"]),
    "media/worker": (["media"], ["openssl/ssl.h"]),
    "media": (["media/base"], []),
    "signaling": (["media/media.h", "media/base"], ["libwebsockets.h", "jansson.h", "gst/sdp/", "glib", "openssl/"]),
    "server/store": (["media/base"], ["sqlite3.h", "glib", "signaling/host.h"]),
    "server/mail": (["media/base"], ["glib", "libical/", "curl/"]),
    "server": (["signaling", "server/store", "server/mail", "media/media.h", "media/base"],
               ["libwebsockets.h", "jansson.h", "sqlite3.h", "glib", "sodium", "libical/", "curl/", "openssl/", "gst/gst.h", "cairo", "pango/"]),
    "server/hopctl": (["server", "doctor", "media/base", "media/media.h"], ["jansson.h", "glib"]),
    "doctor": (["server", "tests/client", "media/base"], ["jansson.h", "glib", "curl/", "openssl/"]),
}
# pure logic: no sockets, no threads, no clock of its own
SANS_IO = ["media/ice", "media/srtp", "media/rtp", "media/codec", "media/bwe", "media/route", "media/mix"]
IO = re.compile(r"^(sys/(socket|epoll|eventfd|timerfd|poll|uio)|pthread|threads|poll|netdb|ifaddrs|"
                r"media/base/(clock|ring|thread))\.h$|^(time|unistd|fcntl)\.h$")
LIBC = re.compile(r"^(sys/|arpa/|netinet/|net/|linux/|asm/)?[a-z0-9_]+\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def folder_of(path):
    parts = path.relative_to(ROOT).parts
    for n in (2, 1):
        name = "/".join(parts[:n])
        if len(parts) > n and name in LAYERS:
            return name
    return None


def own_allowed(folder, header, allowed):
    if header.startswith(folder + "/"):
        return True
    return any(header == a or header.startswith(a + "/") for a in allowed)


def problems():
    files = [f for top in ("media", "signaling", "server", "doctor") for f in sorted((ROOT / top).rglob("*.[ch]"))]
    for f in files:
        folder = folder_of(f)
        if folder is None:
            yield f"{f.relative_to(ROOT)}: in no folder of the layer table"
            continue
        allowed, outside = LAYERS[folder]
        for n, line in enumerate(f.read_text().splitlines(), 1):
            m = INCLUDE.match(line)
            if not m:
                continue
            kind, header = m.groups()
            where = f"{f.relative_to(ROOT)}:{n}: {folder} may not include {header}"
            if header.split("/")[0] in ("media", "signaling", "server", "doctor", "tests"):
                if not own_allowed(folder, header, allowed) and header not in outside:
                    yield where
            elif kind == '"':
                yield f"{f.relative_to(ROOT)}:{n}: write the path from the top folder: {header}"
            elif not any(header.startswith(o) for o in outside) and not LIBC.match(header):
                yield where
            elif LIBC.match(header) and re.match(r"^(srtp|opus|openssl|glib|jansson|sqlite3|sodium|libwebsockets|curl)\b", header) \
                    and not any(header.startswith(o) for o in outside):
                yield where
            # libsrtp keeps process-wide state: initialised once, whoever comes first
            once = folder == "media/srtp" and header == "pthread.h"
            if folder in SANS_IO and IO.match(header) and not once:
                yield f"{where} (it does no I/O and has no clock)"


found = list(problems())
print("\n".join(found) if found else "layers: ok")
sys.exit(1 if found else 0)
