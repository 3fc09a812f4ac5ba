/** Locust: the user's locustfile behind one of ours, which tells each request as a line of our format. */

/**
 * Takes over all that the user's file defines, so that Locust finds its users and shapes there, and listens for requests. Lines go to
 * the descriptor that BROWNOUT_FD names, some at a time; nothing else is written to it. Only names of errors are told: messages may hold secrets.
 */
export const LOCUSTFILE = `"""Made by brownout: the locustfile of BROWNOUT_LOCUSTFILE, with every request told to brownout."""
import importlib.util
import json
import os
import sys
import time

import gevent
import locust.runners
from locust import events

# Where a package has left the version out a master takes no workers.
if not locust.runners.__version__:
    locust.runners.__version__ = "unknown"

_path = os.environ["BROWNOUT_LOCUSTFILE"]
_fd = int(os.environ["BROWNOUT_FD"])
sys.path.insert(0, os.path.dirname(_path))
_spec = importlib.util.spec_from_file_location("locustfile", _path)
_module = importlib.util.module_from_spec(_spec)
sys.modules["locustfile"] = _module
_spec.loader.exec_module(_module)
__doc__ = _module.__doc__
globals().update({_name: _value for _name, _value in vars(_module).items() if not _name.startswith("_")})

_lines = []


def _reason(exception, response):
    status = getattr(response, "status_code", 0)
    if status:
        return "status %d" % status
    return type(exception).__name__ if isinstance(exception, BaseException) else "error"


def _told(response_time=None, exception=None, response=None, **_rest):
    line = {"at": time.time() * 1000, "ms": max(0, response_time or 0)}
    if exception:
        line["error"] = _reason(exception, response)
    _lines.append(json.dumps(line))


def _flush():
    if _lines:
        data = ("\\n".join(_lines) + "\\n").encode()
        _lines.clear()
        while data:
            data = data[os.write(_fd, data):]


def _flush_often():
    while True:
        gevent.sleep(0.05)
        _flush()


events.request.add_listener(_told)
events.quitting.add_listener(lambda **_rest: _flush())
gevent.spawn(_flush_often)
`

export interface LocustRun {
  readonly users: number
  /** Users begun a second. */
  readonly spawnRate: number
  readonly workers: number
  readonly host: string | undefined
  readonly args: readonly string[]
}

/** The arguments of each process: one that does it all, or a master and its workers on \`port\`. */
export function locustArguments({ users, spawnRate, workers, host, args }: LocustRun, file: string, port: number): readonly (readonly string[])[] {
  const common = ['-f', file, ...(host === undefined ? [] : ['--host', host]), ...args]
  const headless = ['--headless', '--only-summary', '-u', String(users), '-r', String(spawnRate)]
  if (workers === 1) return [[...common, ...headless]]
  const master = [...common, ...headless, '--master', '--master-bind-host', '127.0.0.1', '--master-bind-port', String(port), '--expect-workers', String(workers)]
  const worker = [...common, '--worker', '--master-host', '127.0.0.1', '--master-port', String(port)]
  return [master, ...Array.from({ length: workers }, () => worker)]
}
