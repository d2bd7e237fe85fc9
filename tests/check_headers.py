#!/usr/bin/env python3
"""Every header compiles alone: nobody has to know what must be included before it."""

import concurrent.futures
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = ["glib-2.0", "gstreamer-1.0", "gstreamer-base-1.0", "gstreamer-sdp-1.0", "libwebsockets", "jansson",
            "sqlite3", "opus", "libsrtp2", "openssl", "libcurl", "libical", "libsodium"]


def main():
    flags = shlex.split(subprocess.run(["pkg-config", "--cflags", *PACKAGES], check=True, text=True,
                                       capture_output=True).stdout)
    headers = [h for top in ("media", "signaling", "server", "doctor", "tests") for h in sorted((ROOT / top).rglob("*.h"))
               if "node_modules" not in h.parts]

    def check(header):
        # through a source file of its own, as a header's include guard warns in a main file
        source = f'#include "{header.relative_to(ROOT)}"\n'
        r = subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                            "-I", str(ROOT), *flags, "-x", "c", "-"], input=source, text=True, capture_output=True)
        return header, r

    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, r in pool.map(check, headers):
            if r.returncode:
                bad += 1
                print(f"{header.relative_to(ROOT)} does not compile alone:\n{r.stderr}")
    print(f"headers: {len(headers) - bad} of {len(headers)} compile alone")
    return 1 if bad or not headers else 0


sys.exit(main())
