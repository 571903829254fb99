"""The audit: AWS's best practices for IAM, heading by heading, asked of a whole world.

`iamsim.audit.run` asks, `iamsim.audit.rules` holds the checks, a module for what belongs together;
the docstring of a module is the page of its checks in ``docs/reference/audit``. What a world does
not hold is unknown, with the file that would tell: never a pass.

https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
"""
