"""Services whose calls about data CloudTrail logs only where a trail was told to.

By the prefixes of their actions; services have management events besides. AWS's table has more
rows than the services here, of which each is named by the page of the service or by CloudTrail's.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
"""

from __future__ import annotations

DATA_EVENT_SERVICES = frozenset(
    {"cassandra", "dynamodb", "kinesis", "lambda", "rds-data", "s3", "s3express", "sns", "sqs"}
)
