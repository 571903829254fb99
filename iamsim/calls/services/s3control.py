"""S3 control: settings of an account, access points, jobs.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_AWS_S3_Control.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.calls.extras import ask_pass_role

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker


def _prepare(asker: Asker) -> None:
    account = asker.get("AccountId")
    if account:
        asker.place = asker.place._replace(account=str(account))


def _public_access(asker: Asker) -> None:
    verb = "Get" if asker.operation.name.startswith("Get") else "Put"
    asker.ask(f"s3:{verb}AccountPublicAccessBlock", "*")


def _create_job(asker: Asker) -> None:
    asker.ask("s3:CreateJob", "*")
    role = asker.get("RoleArn")
    if role:
        ask_pass_role(
            asker, str(role), "batchoperations.s3.amazonaws.com", "hands over the role of the job"
        )


HANDLERS = {
    ("s3control", "GetPublicAccessBlock"): _public_access,
    ("s3control", "PutPublicAccessBlock"): _public_access,
    ("s3control", "DeletePublicAccessBlock"): _public_access,
    ("s3control", "CreateJob"): _create_job,
}
PREPARE = {"s3control": _prepare}
