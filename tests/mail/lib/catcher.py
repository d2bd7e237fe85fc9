#!/usr/bin/env python3
"""A real SMTP server (aiosmtpd) for the tests: prints the port, then one line of JSON for each mail.

argv: port (0: any), then options: --tls CERT KEY (STARTTLS is offered and demanded), --auth USER PASSWORD.
A recipient with "refused" in it gets 550, one with "later" 451 the first time.
"""
import base64
import json
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


def say(**what):
    print(json.dumps(what), flush=True)


class Handler:
    def __init__(self):
        self.seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "refused" in address:
            return "550 5.1.1 there is no such mailbox"
        if "later" in address and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        say(sender=envelope.mail_from, to=envelope.rcpt_tos, tls=session.ssl is not None,
            user=session.auth_data.login.decode() if session.auth_data else None,
            mail=base64.b64encode(envelope.original_content).decode())
        return "250 OK"


def main():
    args = sys.argv[1:]
    options = {"hostname": "127.0.0.1", "port": int(args.pop(0)), "ready_timeout": 30}
    while args:
        name = args.pop(0)
        if name == "--tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(args.pop(0), args.pop(0))
            options.update(tls_context=context, require_starttls=True)
        elif name == "--auth":
            user, password = args.pop(0).encode(), args.pop(0).encode()

            def check(server, session, envelope, mechanism, data):
                right = data.login == user and data.password == password
                say(auth=right)
                return AuthResult(success=right, handled=False, auth_data=data)

            options.update(auth_required=True, authenticator=check, auth_require_tls="tls_context" in options)
    if options["port"] == 0:  # the controller cannot tell the one it got: ask for a free one first
        import socket
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            options["port"] = s.getsockname()[1]
    controller = Controller(Handler(), **options)
    controller.start()
    say(port=options["port"])
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


main()
