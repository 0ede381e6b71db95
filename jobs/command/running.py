"""One command from words to exit status; knows no stage: a stage hands over its own function."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TextIO

from jobs.command.lake_words import require_paths
from jobs.command.parser import build_parser
from jobs.runtime.errors import CorpusmillError
from jobs.runtime.visible_text import visible

Command = Callable[[argparse.Namespace], str | None]
"""Does what the arguments ask and returns the text to print on standard output, if any."""


def run(name: str, function: Command, argv: Sequence[str] | None = None) -> int:
    """Run one subcommand as a program of its own, as ``spark-submit jobs/STAGE.py WORDS`` does.

    Args:
        name: The subcommand, e.g. ``annotate``.
        function: What it does.
        argv: The words after the script's name; None means those of this process.

    Returns:
        The exit status; see ``call``.
    """
    words = sys.argv[1:] if argv is None else argv
    return call(function, build_parser().parse_args([*name.split(), *words]))


def call(function: Command, arguments: argparse.Namespace) -> int:
    """Call a command, print what it returns, and turn errors into one line and an exit status.

    With ``--debug`` the traceback stands above that line.

    Returns:
        0 done, 1 failed, 130 stopped by the user; argparse itself ends with 2 on wrong usage.
    """
    try:
        require_paths(arguments)
        text = function(arguments)
    except CorpusmillError as error:
        return _failed(str(error), arguments)
    except MemoryError:
        return _failed("this process has no memory left: give the machine more", arguments)
    except Exception as error:  # an input nobody thought of must not end in a traceback
        fault = str(error).strip().partition("\n")[0][:600]
        return _failed(
            f"{type(error).__name__}: {fault}. This is a fault of corpusmill, not of yours: please report "
            "it with what the same command prints with --debug. Finished stages are kept.",
            arguments,
        )
    except KeyboardInterrupt:
        show("corpusmill: stopped; the same command goes on from the last chunk", sys.stderr)
        return 130
    if text is not None:
        show(text, sys.stdout)
    return 0


def _failed(sentence: str, arguments: argparse.Namespace) -> int:
    if arguments.debug:
        show(traceback.format_exc(), sys.stderr)
    show(f"corpusmill: {sentence}", sys.stderr)
    return 1


def show(text: str, stream: TextIO) -> None:
    """Print text that may hold words of documents: nothing in it steers the terminal.

    A stream that cannot spell a character gets its escape, and one whose reader has gone (`| head`)
    nothing more.
    """
    encoding = stream.encoding or "utf-8"
    spelt = visible(text).encode(encoding, "backslashreplace").decode(encoding)
    try:
        print(spelt, file=stream, flush=True)
    except BrokenPipeError:
        # Python would complain once more when it flushes the stream at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
