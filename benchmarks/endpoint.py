"""How many calls a second `iamsim serve` answers, in a process of its own.

    python benchmarks/endpoint.py

Four clients keep their connections and ask one after the other for three seconds each: who they
are, a role, the policies of the organization, and a simulation. The clients are on the same
processors.
"""

from __future__ import annotations

import subprocess
import sys
import time
from http.client import HTTPConnection
from threading import Thread
from urllib.parse import urlencode

CLIENTS, SECONDS = 4, 3
ROLE = "arn:aws:iam::111122223333:role/deploy"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
IAM = {"Version": "2010-05-08"}
SIMULATION = {
    **IAM,
    "Action": "SimulatePrincipalPolicy",
    "PolicySourceArn": ROLE,
    "ActionNames.member.1": "s3:PutObject",
    "ResourceArns.member.1": "arn:aws:s3:::harbor-reports/finance/2026.csv",
}
TARGET = {
    "X-Amz-Target": "AWSOrganizationsV20161128.ListPolicies",
    "Content-Type": "application/x-amz-json-1.1",
}
# What is asked: the body and the headers of a request.
CALLS = {
    "GetCallerIdentity": (
        urlencode({"Version": "2011-06-15", "Action": "GetCallerIdentity"}),
        FORM,
    ),
    "GetRole": (urlencode({**IAM, "Action": "GetRole", "RoleName": "deploy"}), FORM),
    "ListPolicies of Organizations": ('{"Filter": "SERVICE_CONTROL_POLICY"}', TARGET),
    "SimulatePrincipalPolicy": (urlencode(SIMULATION), FORM),
}
ACCOUNTS = {"ListPolicies of Organizations": "999999999999"}


def ask(host: str, name: str, counts: list[int]) -> None:
    """Ask one thing again and again."""
    connection = HTTPConnection(host)
    body, headers = CALLS[name]
    account = ACCOUNTS.get(name, "111122223333")
    signed = f"AWS4-HMAC-SHA256 Credential={account}/20261201/eu-west-1/iam/aws4_request,"
    end = time.perf_counter() + SECONDS
    count = 0
    while time.perf_counter() < end:
        connection.request("POST", "/", body, {**headers, "Authorization": signed})
        response = connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise SystemExit(text.decode())
        count += 1
    counts.append(count)


def main() -> None:
    """Start a server, and print what it answers."""
    command = [sys.executable, "-m", "iamsim", "serve", "--world", "example:harbor", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None  # noqa: S101 - a pipe was asked for
        host = server.stdout.readline().strip().removeprefix("http://")
        for name in CALLS:
            counts: list[int] = []
            threads = [Thread(target=ask, args=(host, name, counts)) for _ in range(CLIENTS)]
            for entry in threads:
                entry.start()
            for thread in threads:
                thread.join()
            print(f"{name:32} {sum(counts) / SECONDS:6,.0f} calls a second")
        server.terminate()


if __name__ == "__main__":
    main()
