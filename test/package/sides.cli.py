"""The AWS CLI in one process for many environments: a line of JSON in, {env, args}, and one out, with what it says."""

import contextlib
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver

BEFORE = dict(os.environ)  # with what the AWS CLI has set for itself

for line in sys.stdin:
    row = json.loads(line)
    os.environ.clear()
    os.environ.update({**BEFORE, **row["env"]})
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = create_clidriver().main(row["args"])
        except Exception as error:  # of files that it can't read: its own command ends with this as well
            code = print(error) or 1
    print(json.dumps({"failed": code != 0, "said": said.getvalue()}), flush=True)
