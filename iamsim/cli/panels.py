"""The commands with a line each, by what they are for; both ways to run them read it."""

from __future__ import annotations

PANELS = {
    "One request": {
        "explain": "Say whether a request is allowed, and why.",
        "calls": "Say what an API call asks of IAM: an AWS CLI command, boto3, an operation.",
        "context": "List the context keys of a request, what reads them, and values to try.",
        "simulate": "Answer what the AWS CLI asks the IAM policy simulator.",
    },
    "A whole world": {
        "who-can": "List every principal that can do something to a resource.",
        "what-can": "List what a principal can do, or write it as one policy.",
        "access-matrix": "Show principals by actions on chosen resources.",
        "findings": "Find access from outside, from inside, and what is unused.",
        "paths": "Find who can become whom: by roles, credentials, policies and services.",
        "audit": "Hold a world against the best practices of AWS for IAM, heading by heading.",
        "report": "Write one page about a whole account or organization.",
    },
    "Worlds and their changes": {
        "collect": "Collect a live account or organization through boto3.",
        "import": "Make a world of files that AWS or other tools wrote.",
        "world": "Look at a world: what is in it, and what dangles.",
        "diff": "Say which decisions differ: between two worlds, or through a plan or a template.",
        "review": "Say what a change does to access, as one comment for a pull request.",
    },
    "What was called": {
        "generate": "Write the least policy for what a principal did.",
        "unused": "Find principals, permissions, keys and passwords that nobody used for long.",
        "replay": "Hold the calls of a CloudTrail trail against a world, and a change of it.",
    },
    "Policies and tests": {
        "check": "Prove that something holds for every request, or show one for which it does not.",
        "validate": "Check policy documents.",
        "test": "Run suites: requests with the decision that each must get.",
        "schema": "Write the JSON Schema of a file format, for editors.",
    },
    "Other programs": {
        "serve": "Answer the AWS CLI and SDKs from a world, at a local address.",
        "mcp": "Answer agents over the Model Context Protocol.",
        "lsp": "Help editors with policies, worlds and scenarios, as a language server.",
    },
    "Reference and lessons": {
        "catalog": "Look up services, actions, resource types and condition keys.",
        "managed": "Look up AWS managed policies.",
        "learn": "Learn how IAM decides: lessons with a question, and the answer explained.",
        "play": "Open the playground: iamsim in a browser, without a network.",
        "docs": "Read the documentation: a page, or the section about a command or a code.",
        "demo": "See a few answers about an example world, with the commands to repeat.",
    },
}
COMMANDS = {name: text for commands in PANELS.values() for name, text in commands.items()}
# Other names of commands, and the words that they stand for.
ALIASES = {"why": ("explain",), "keys": ("context", "--influencing"), "changes": ("diff",)}
