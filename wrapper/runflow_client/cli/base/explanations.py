"""What the command line says of an error: what is wrong, and what to type next."""

from __future__ import annotations

import errno
import os
import re

from ... import errors
from ..._redaction import safe_id
from ..terminal.words import printable
from .statuses import CommandError, Status

_LONGEST = 1_000
_OPTIONS = (
    "task_type",
    "task_description",
    "generation_prompt",
    "evaluation_instructions",
    "input_attributes",
    "run_id",
    "client_ref",
    "job_class",
    "callback_url",
    "idempotency_key",
    "mime_type",
    "folder_id",
    "reason",
    "shard",
    "batch_id",
    "budget",
    "price",
)
"""The arguments of the library that are options of the same name here."""
_ARGUMENT = re.compile(rf"\b({'|'.join(_OPTIONS)})=(?![^\s,.;:])")


_REPEAT = re.compile(r"call again with idempotency_key=(['\"]).*?\1 and the same arguments")
"""How errors of the library say that a call is made again under its key."""


_OTHER_CONTENT = "was submitted before with other content"


_KEY_OF_VARIABLE = (
    "the API key in the environment variable RUNFLOW_API_KEY is not accepted: correct the variable, or unset it to use the key that "
    "`runflow login` stored"
)
_STORED_KEY = "the API key is not accepted: `runflow login` stores another one, `runflow doctor` shows which is used"
_HINTS = {
    errno.ENOENT: "name a file that exists, or a new one in a folder that exists",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "name a file in a folder that exists",
    errno.EACCES: "change the permissions, or name another file",
    errno.EPERM: "change the permissions, or name another file",
    errno.EROFS: "name a file elsewhere",
    errno.ENOSPC: "make room and run the command again",
}
"""What helps with a file, by the number of the system's error."""


def is_of_other_content(error: Exception) -> bool:
    """Return whether an item of a batch was refused because the journal has it with other content."""
    return isinstance(error, errors.InvalidRequestError) and _OTHER_CONTENT in str(error)


def explain(error: Exception) -> str:
    """Return what an error means for the person at the command line."""
    match error:
        case errors.WaitTimeoutError():
            id_ = safe_id(error.evaluation.id)
            return f"evaluation {id_} has not ended yet; it goes on at the server: `runflow wait {id_}` waits again"
        case errors.EvaluationFailedError():
            return printable(error).partition(" error.evaluation")[0] + " Evaluate the image again."
        case errors.AuthenticationError():
            return _KEY_OF_VARIABLE if os.environ.get("RUNFLOW_API_KEY") else _STORED_KEY
        case errors.ConnectionFailedError():
            return f"{printable(error, _LONGEST)} `runflow doctor` shows what can be reached."
        case errors.ConfigurationError() if str(error).startswith("no API key"):
            return (
                "there is no API key: `runflow login` stores one, or set the environment variable RUNFLOW_API_KEY "
                "(create a key at app.runflow.io/settings/api-keys)"
            )
        case errors.UnknownOutcomeError():
            return (
                "it may have been submitted, but no response was recorded, and its idempotency key is too old to submit it again "
                "without a second charge"
            )
        case errors.InvalidRequestError() if is_of_other_content(error):
            return (
                f"it {_OTHER_CONTENT} (its file, a column or an option), so it was not submitted again: another item_id has this "
                "row judged anew, --batch-id NAME or --journal FILE makes a batch of its own; both are charged anew"
            )
        case errors.InvalidRequestError(argument=str(argument)) if argument in _OPTIONS:
            return _with_options(f"--{argument.replace('_', '-')}{printable(error, _LONGEST).removeprefix(argument)}")
        case errors.JournalError() if "belongs to another account" in str(error):
            return (
                "the journal has this batch of another account or base URL (a sandbox that was started again is another one, too): use "
                "that account's key, or name a new journal with --journal FILE; nothing was sent"
            )
        case errors.RunflowError() | CommandError():
            return _with_options(printable(error, _LONGEST))
        case ModuleNotFoundError() if "pip install" in str(error):  # of an extra, in the library's own words
            return printable(error)
        case OSError():
            return _of_system(error)
        case _:
            return (
                f"unexpected {type(error).__name__}: {printable(error, _LONGEST)}. This is a defect; --verbose shows where, "
                "please report it"
            )


def explain_submit(error: Exception, key: str) -> str:
    """Return what the error of a submit means; how it is made again under its key is told as an option of the command."""
    return _REPEAT.sub(lambda _: f"repeat the command with --idempotency-key {key}", explain(error))


def _of_system(error: OSError) -> str:
    """Return what the system says of a file, and what helps."""
    name = "" if error.filename is None else f"{printable(error.filename)!r}: "
    hint = _HINTS.get(error.errno or 0)
    return name + (error.strerror or type(error).__name__) + (f"; {hint}" if hint else "")


def status_of(error: Exception) -> Status:
    """Return the exit status of a command that ends with an error."""
    has_no_verdict = isinstance(error, (errors.WaitTimeoutError, errors.EvaluationFailedError))
    return Status.NO_VERDICT if has_no_verdict else Status.ERROR


def _with_options(text: str) -> str:
    """Return a text of the library with arguments that it tells to pass, as in price=, named as options."""
    return _ARGUMENT.sub(lambda found: f"--{found[1].replace('_', '-')}", text)
