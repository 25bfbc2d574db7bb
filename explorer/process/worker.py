"""The engine process: runs the functions of one module, one call after the other, until the server dies.

Started as ``python -m explorer.process.worker`` by process.py, never by hand.
"""

from __future__ import annotations

import argparse
import gc
import os
import socket
import traceback
from collections.abc import Generator
from contextlib import suppress
from functools import partial
from importlib import import_module
from queue import SimpleQueue
from threading import Thread
from types import ModuleType
from typing import Any

from explorer.process.frames import Ending, Reply, Request, pack, unpack
from explorer.process.limits import is_out_of_memory, restrict_memory
from explorer.values.errors import EngineError, ExplorerError

EXHAUSTED = pack(Reply(Ending.EXHAUSTED))  # packed beforehand: without memory nothing can be


def main() -> None:
    """Serve the socket that the server passed on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channel", type=int, required=True, help="file descriptor of the socket")
    parser.add_argument("--functions", required=True, help="module whose __all__ may be called")
    parser.add_argument("--memory", type=int, required=True, help="bytes")
    parser.add_argument("--niceness", type=int, default=0, help="how readily it leaves the cores to others")
    options = parser.parse_args()
    restrict_memory(options.memory)
    os.nice(options.niceness)
    serve(socket.socket(fileno=options.channel), options.functions)


def serve(channel: socket.socket, module_name: str) -> None:
    """Say READY once the module is imported, then answer every request."""
    requests: SimpleQueue[Request] = SimpleQueue()
    Thread(target=listen, args=(channel, requests), daemon=True).start()
    try:
        module = import_module(module_name)
    except Exception as error:
        channel.sendall(pack(failure(error)))
        return
    gc.freeze()  # what is imported stays: every full collection would walk it all
    channel.sendall(pack(Reply(Ending.READY)))
    while True:
        answer(channel, module, requests.get())


def listen(channel: socket.socket, requests: SimpleQueue[Request]) -> None:
    """Queue what arrives. When the server is gone, end at once: in mid call, too."""
    with suppress(EOFError, OSError):
        while True:
            requests.put(unpack(partial(receive, channel)))
    os._exit(0)


def receive(channel: socket.socket, count: int) -> bytearray:
    """Exactly `count` bytes; EOFError if the stream ends before."""
    data = bytearray()
    while len(data) < count:
        piece = channel.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def answer(channel: socket.socket, module: ModuleType, request: Request) -> None:
    """Run one request and send its last reply; a generator's values go out as progress before it."""
    try:
        result = public_function(module, request.function)(*request.args, **request.kwargs)
        if isinstance(result, Generator):
            result = drain(channel, result)
        frame = pack(Reply(Ending.DONE, result))
    except MemoryError:
        frame = EXHAUSTED
    except Exception as error:
        frame = pack(failure(error))
    channel.sendall(frame)


def drain(channel: socket.socket, steps: Generator[Any, None, Any]) -> Any:
    """Send every value that is yielded, return the one that is returned."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            return end.value
        channel.sendall(pack(Reply(Ending.PROGRESS, progress)))


def public_function(module: ModuleType, name: str) -> Any:
    """The function of that name, if the module offers it."""
    if name not in module.__all__:
        raise EngineError(f"The engine knows no function '{name}'; it knows {', '.join(module.__all__)}.")
    return getattr(module, name)


def failure(error: Exception) -> Reply:
    """How `error` is told to the server."""
    if is_out_of_memory(error):
        return Reply(Ending.EXHAUSTED)
    if isinstance(error, ExplorerError):
        return Reply(Ending.REFUSED, error=type(error).__name__, sentence=str(error), about=error.field)
    text = "".join(traceback.format_exception(error))
    return Reply(Ending.FAILED, error=type(error).__name__, sentence=first_line(error), traceback=text)


def first_line(error: BaseException) -> str:
    """The first line of what an exception says, or nothing."""
    return next(iter(str(error).splitlines()), "")


if __name__ == "__main__":
    main()
