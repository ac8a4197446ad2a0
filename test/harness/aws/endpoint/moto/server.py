"""Runs moto on a free loopback port, tells the port, and ends with whoever started it."""

import logging
import os
import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    # The starter holds the other end: the system closes it however the starter ends, by SIGKILL too.
    sys.stdin.buffer.read()
    os._exit(0)


main()
