"""How long the language server takes from a change to its findings, over standard streams.

    python benchmarks/editor.py

A real client (pygls) types into files of about 100 KB, in which one statement of ten has findings:
the time from the change that it sends to the diagnostics of that version, the pause of the server
included; the median of ten changes.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

CHANGES = 10
STATEMENT = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:PutObject"],
    "Resource": "arn:aws:s3:::reports/*",
    "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}},
}


def actions(number: int) -> list[str]:
    """The actions of a statement: one of ten misspells one."""
    return ["s3:GetObject", "s3:PutObjct" if number % 10 == 0 else "s3:PutObject"]


def policy(typed: str) -> str:
    """One policy of many statements."""
    statements = [
        {
            **STATEMENT,
            "Sid": f"S{number}",
            "Action": actions(number),
            "Resource": f"arn:aws:s3:::{typed if number == CHANGES else number}/*",
        }
        for number in range(370)
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def world(typed: str) -> str:
    """A world of many policies."""
    policies = {
        f"policy{number}": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    **STATEMENT,
                    "Sid": f"S{number}x{part}",
                    "Action": actions(number),
                    "Resource": f"arn:aws:s3:::{typed if number == CHANGES else part}/*",
                }
                for part in range(2)
            ],
        }
        for number in range(180)
    }
    import yaml

    return str(yaml.safe_dump({"accounts": {"111122223333": {"policies": policies}}}))


def template(typed: str) -> str:
    """A template of CloudFormation."""
    return "Resources:\n" + "".join(
        f"""  P{number}:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: S{number}a
            Effect: Allow
            Action: [{", ".join(actions(number))}]
            Resource: !Sub "arn:${{AWS::Partition}}:s3:::{typed if number == CHANGES else "b"}/*"
            Condition: {{StringEquals: {{"aws:PrincipalTag/team": a}}}}
          - Sid: S{number}b
            Effect: Allow
            Action:
              - s3:GetObject
              - s3:PutObject
            Resource: arn:aws:s3:::x/*
"""
        for number in range(180)
    )


def configuration(typed: str) -> str:
    """A configuration of Terraform."""
    return "".join(
        f"""data "aws_iam_policy_document" "d{number}" {{
  statement {{
    sid       = "S{number}a"
    actions   = {json.dumps(actions(number))}
    resources = ["arn:aws:s3:::{typed if number == CHANGES else "b"}/*"]
    condition {{
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["a"]
    }}
  }}
}}
resource "aws_iam_policy" "p{number}" {{
  name   = "p{number}"
  policy = data.aws_iam_policy_document.d{number}.json
}}
resource "aws_iam_role" "r{number}" {{
  name = "r{number}"
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow",
    Action = "sts:AssumeRole", Principal = {{ Service = "lambda.amazonaws.com" }} }}] }})
}}
"""
        for number in range(155)
    )


FILES = {
    "policy.json": policy,
    "world.yaml": world,
    "app.yaml": template,
    "main.tf": configuration,
}


async def measure(folder: Path) -> None:
    """Type into each file, and print what that took."""
    client = LanguageClient("benchmark", "1")
    told: dict[str, int | None] = {}
    news = asyncio.Event()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]  # pygls
    def publish(params: types.PublishDiagnosticsParams) -> None:
        told[params.uri] = params.version
        news.set()

    async def wait(uri: str, version: int) -> None:
        while told.get(uri) != version:
            news.clear()
            await news.wait()

    await client.start_io(sys.executable, "-m", "iamsim", "lsp")
    asked = types.InitializeParams(capabilities=types.ClientCapabilities(), process_id=None)
    await client.initialize_async(asked)
    client.initialized(types.InitializedParams())
    for name, make in FILES.items():
        uri = (folder / Path(name).stem / name).as_uri()
        text = make("a")
        item = types.TextDocumentItem(uri, "text", 1, text)
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        await wait(uri, 1)
        took = []
        for version in range(2, CHANGES + 2):
            whole = types.TextDocumentContentChangeWholeDocument(make("a" * version))
            document = types.VersionedTextDocumentIdentifier(version, uri)
            start = time.perf_counter()
            client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))
            await wait(uri, version)
            took.append(1000 * (time.perf_counter() - start))
        print(
            f"{name:12} {len(text) / 1000:4.0f} KB  median {statistics.median(took):4.0f} ms"
            f"  from {min(took):4.0f} to {max(took):4.0f} ms"
        )
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()  # type: ignore[no-untyped-call]  # pygls has no types here


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(measure(Path(made)))
