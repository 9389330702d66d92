"""Imported first by the scripts of the rules, and by nothing else.

The imports of a script take seconds, in which an interrupt then ends the process without a
traceback; `logged_stage` raises `KeyboardInterrupt` again.
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
