"""CloudFormation templates, those of the CDK and SAM among them, as facts about a world."""
