"""Runs ministack on a free loopback port, tells the port, and ends with whoever started it."""

import asyncio
import os
import socket
import sys
import threading

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(128)
port = listener.getsockname()[1]

# Read when ministack is imported. It serves IAM and STS here: no container, no broker, nothing kept on the disk.
os.environ.update(
    AUTH="true",
    GATEWAY_PORT=str(port),
    LOG_LEVEL="ERROR",
    DOCKER_HOST="unix:///nonexistent",
    IOT_MTLS_ENABLED="0",
    SFTP_ENABLED="0",
)
# What a person has set for an AWS or an emulator of their own is none of its business.
for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PERSIST_STATE", "S3_PERSIST", "USE_SSL"):
    os.environ.pop(name, None)

from hypercorn.asyncio import serve  # noqa: E402
from hypercorn.config import Config  # noqa: E402
from ministack.app import app  # noqa: E402


async def application(scope, receive, send):
    async def tell(message):
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            print(port, flush=True)

    await app(scope, receive, tell if scope["type"] == "lifespan" else send)


def end_with_starter() -> None:
    # The starter holds the other end: the system closes it however the starter ends, by SIGKILL too.
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    threading.Thread(target=end_with_starter, daemon=True).start()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "ERROR"
    asyncio.run(serve(application, config))


main()
