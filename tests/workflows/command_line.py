"""Answers for the stand-in of AWS' command line: its words, by botocore's model, asked of the emulator.

The real one takes a second of CPU to start, and a deployment asks it sixteen times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from tests.workflows.account import Account

__all__ = ["serve_command_line"]


def answer(account: Account, words: list[str], key: str) -> dict[str, Any]:
    """What the command prints, and its exit code."""
    if not key:
        return end(253, errors="Unable to locate credentials")
    service, command, *rest = words
    if command == "start-images":  # no command of AWS': an apply of infra/aws, in short
        account.start_images(json.loads(rest[0])["image_digests"])
        return end(0)
    if command == "get-login-password":
        return end(0, "the-password")
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    query, output = options.pop("--query", None), options.pop("--output", "json")
    client = account.client("s3" if service == "s3api" else service)
    method = command.replace("-", "_")
    shape = client.meta.service_model.operation_model(
        client.meta.method_to_api_mapping[method]
    ).input_shape
    try:
        said = getattr(client, method)(**dict(read_options(shape, options)))
    except ClientError as error:
        return end(254, errors=str(error))
    found = search(query, said) if query else said
    return end(0, f"{found}\n" if output == "text" else json.dumps(found, default=str))


def search(query: str, said: Any) -> Any:
    """`imageDetails[0].imageTags[0]`, and nothing else of JMESPath."""
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", query):
        said = said[name][int(index)] if index else said[name]
    return said


def end(exit_code: int, output: str = "", errors: str = "") -> dict[str, Any]:
    return {"exit_code": exit_code, "output": output, "errors": errors}


def read_options(shape: Any, options: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """`--image-ids imageTag=x` -> imageIds=[{"imageTag": "x"}]."""
    members = {f"--{xform_name(name, '-')}": name for name in shape.members}
    for option, value in options.items():
        name = members[option]
        member = shape.members[name]
        if member.type_name != "list":
            yield name, value
        elif member.member.type_name == "structure":
            yield name, [dict([value.split("=", 1)])]
        else:
            yield name, [value]


@contextmanager
def serve_command_line(account: Account) -> Iterator[str]:
    """Its address, host:port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answer(account, said["words"], said["AWS_ACCESS_KEY_ID"])).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
