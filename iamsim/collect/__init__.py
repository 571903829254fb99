"""Collecting a live account or organization through boto3 into files that `iamsim import` takes.

The calls are those of the script that `iamsim import --recipe` prints, and the files have the same
names; only calls that read are made. What is denied is kept as AWS's error, which importers take
for unknown. boto3 comes with the extra `aws`.
"""
